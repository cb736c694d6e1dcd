import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drainInTurn } from './drain-rings.ts';

/** A ring with so many events, which tells how many were taken of it. */
const ringOf = (events: number) => {
  const taken: number[] = [];
  let left = events;
  return {
    taken,
    drain: (_: unknown, limit: number) => {
      const now = Math.min(left, limit);
      left -= now;
      taken.push(now);
      return now;
    },
  };
};
const ignore = () => {};

test('a step reads no more than it may, of however many rings', () => {
  const rings = Array.from({ length: 16 }, () => ringOf(100));
  const drain = drainInTurn(rings);
  assert.equal(drain(ignore, 128), 128);
  assert.deepEqual(
    rings.map(({ taken }) => taken),
    [[100], [28], ...Array.from({ length: 14 }, () => [])],
  );
});

test('each ring has its turn, so that a full one does not keep the others waiting', () => {
  const [busy, quiet] = [ringOf(10_000), ringOf(5)];
  const drain = drainInTurn([busy, quiet]);
  assert.equal(drain(ignore, 50), 50);
  assert.equal(drain(ignore, 50), 50);
  assert.deepEqual([busy.taken, quiet.taken], [[50, 45], [5]]);
});

test('less than the limit means that all of them were empty', () => {
  const rings = [ringOf(3), ringOf(4), ringOf(0)];
  assert.equal(drainInTurn(rings)(ignore, 50), 7);
});
