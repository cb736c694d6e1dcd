import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addHistogram,
  BUCKETS,
  bucketOf,
  bucketStart,
  decodeHistogram,
  encodeHistogram,
  quantile,
} from './histogram.ts';

const LONGEST = 2 ** 53 - 1;
/** Durations of all magnitudes alike: a uniform integer would nearly always be huge. */
const duration = fc
  .tuple(fc.integer({ min: 0, max: 52 }), fc.double({ min: 1, max: 2, noNaN: true, maxExcluded: true }))
  .map(([exponent, mantissa]) => Math.floor(mantissa * 2 ** exponent));

test('buckets: exact below 8, then eight to a factor of two', () => {
  assert.deepEqual([0, 1, 7, 8, 9, 15, 16, 17, 18].map(bucketOf), [0, 1, 7, 8, 9, 15, 16, 16, 17]);
  assert.deepEqual([0, 7, 8, 15, 16, 17, 24].map(bucketStart), [0, 7, 8, 15, 16, 18, 32]);
  assert.equal(bucketOf(-1), 0);
  assert.equal(bucketOf(LONGEST), BUCKETS - 1);
});

test('a bucket holds what starts in it, and nothing before', () => {
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    assert.equal(bucketOf(bucketStart(bucket)), bucket);
    if (bucket > 0) assert.equal(bucketOf(bucketStart(bucket) - 1), bucket - 1);
  }
});

test('a duration lies between the start of its bucket and that of the next, at most an eighth apart', () => {
  fc.assert(
    fc.property(duration, (ns) => {
      const bucket = bucketOf(ns);
      assert.ok(bucket >= 0 && bucket < BUCKETS);
      const start = bucketStart(bucket);
      const end = bucketStart(bucket + 1);
      assert.ok(start <= ns && ns < end, `${ns} is not in ${start} to ${end}`);
      assert.ok(end - start <= Math.max(1, start / 8));
    }),
    { numRuns: 2000 },
  );
});

const histogramOf = (durations: readonly number[]): Float64Array => {
  const counts = new Float64Array(BUCKETS);
  for (const ns of durations) {
    const bucket = bucketOf(ns);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts;
};

test('a quantile is that of the sorted durations within half a bucket', () => {
  fc.assert(
    fc.property(
      fc.array(duration, { minLength: 1, maxLength: 300 }),
      fc.constantFrom(0, 0.01, 0.5, 0.95, 0.99, 1),
      (durations, p) => {
        const sorted = durations.toSorted((a, b) => a - b);
        const max = sorted.at(-1) ?? 0;
        const found = quantile(histogramOf(durations), p, max);
        assert.ok(found <= max);
        // The rank of a quantile lies between two durations: either is right, and so is anything between them.
        const rank = p * (sorted.length - 1);
        const below = sorted[Math.floor(rank)] ?? 0;
        const above = sorted[Math.ceil(rank)] ?? 0;
        assert.ok(found >= below * (1 - 1 / 8) - 1 && found <= above * (1 + 1 / 8) + 1, `${found} for ${below}`);
      },
    ),
    { numRuns: 500 },
  );
});

test('of many durations, percentiles are right within 6.5 %', () => {
  // A fixed sequence (linear congruential, constants of Numerical Recipes), spread over five powers of ten.
  let state = 1;
  const durations = Array.from({ length: 20_000 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(1000 * 10 ** ((5 * state) / 2 ** 32));
  });
  const sorted = durations.toSorted((a, b) => a - b);
  const counts = histogramOf(durations);
  for (const p of [0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999]) {
    const exact = sorted[Math.round(p * (sorted.length - 1))] ?? 0;
    const found = quantile(counts, p, sorted.at(-1) ?? 0);
    assert.ok(Math.abs(found - exact) / exact <= 0.065, `p${p * 100}: ${found} for ${exact}`);
  }
});

test('an empty histogram has quantile 0, and one duration is its own', () => {
  assert.equal(quantile(new Float64Array(BUCKETS), 0.5, 0), 0);
  assert.equal(quantile(histogramOf([5]), 0.5, 5), 5);
});

test('encoding keeps every count', () => {
  const counts = fc.array(fc.tuple(fc.nat(BUCKETS - 1), fc.maxSafeNat()), { maxLength: 40 }).map((pairs) => {
    const histogram = new Float64Array(BUCKETS);
    for (const [bucket, count] of pairs) histogram[bucket] = count;
    return histogram;
  });
  fc.assert(
    fc.property(counts, (histogram) => assert.deepEqual(decodeHistogram(encodeHistogram(histogram)), histogram)),
  );
  assert.equal(encodeHistogram(new Float64Array(BUCKETS)).length, 0);
});

test('any bytes decode to a histogram', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => decodeHistogram(bytes).length === BUCKETS));
});

test('histograms add up bucket by bucket', () => {
  const small = fc
    .array(fc.nat(1e6), { minLength: BUCKETS, maxLength: BUCKETS })
    .map((list) => Float64Array.from(list));
  fc.assert(
    fc.property(small, small, (a, b) => {
      const sum = Float64Array.from(a);
      addHistogram(sum, encodeHistogram(b));
      assert.deepEqual(
        sum,
        a.map((count, bucket) => count + (b[bucket] ?? 0)),
      );
    }),
    { numRuns: 20 },
  );
});
