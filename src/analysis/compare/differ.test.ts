// Whether a difference is told from variation: known answers, and how often luck is taken for a difference.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chanceOf, differs, medianOf } from './differ.ts';

/** A generator with a seed: Lehmer's, with the constants of Park and Miller (1988). */
const createRandom = (seed: number) => () => {
  seed = (seed * 48271) % 2147483647;
  return seed / 2147483647;
};

test('the chance is that of the tables', () => {
  // Complete separation of 5 and 5 has an exact two-sided chance of 2/252; the normal distribution gives 0.0122.
  assert.ok(Math.abs(chanceOf([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]) - 0.0122) < 0.0005);
  assert.equal(chanceOf([1, 1, 1], [1, 1, 1]), 1);
  assert.ok(chanceOf([1, 3, 5, 7], [2, 4, 6, 8]) > 0.5);
});

test('a shift that is larger than the spread is a difference, a smaller one and one odd value are none', () => {
  const calm = [10, 11, 9, 10, 12, 10, 11, 9, 10, 11, 10, 12];
  assert.ok(
    differs(
      calm,
      calm.map((value) => value + 8),
    ),
  );
  assert.ok(
    !differs(
      calm,
      calm.map((value) => value + 0.5),
    ),
  );
  assert.ok(!differs(calm, [...calm.slice(1), 500]));
  assert.ok(!differs([1, 2, 3], [7, 8, 9]));
});

test('of few measurements only those count that lie apart', () => {
  assert.ok(differs([1, 2, 3, 2], [7, 8, 9, 8]));
  assert.ok(!differs([1, 2, 3, 7], [4, 8, 9, 8]));
});

test('luck is taken for a difference in less than 2 of 1,000', () => {
  const random = createRandom(7);
  // A long tail, as durations have it.
  const draw = () => Array.from({ length: 12 }, () => -Math.log(1 - random()));
  const found = Array.from({ length: 3000 }, () => differs(draw(), draw())).filter(Boolean).length;
  assert.ok(found <= 6, `${found} of 3000`);
});

test('a median of an even number of values lies between the middle two', () => {
  assert.equal(medianOf([4, 1, 3, 2]), 2.5);
  assert.equal(medianOf([]), 0);
});
