import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTidying } from './tidying.ts';

/** Steps of 50 ms from a time on, each with so many events; the times at which it was time. */
const times = (tidying: ReturnType<typeof createTidying>, from: number, to: number, read: number): number[] => {
  const found: number[] = [];
  for (let now = from; now < to; now += 50) if (tidying.see(now, read)) found.push(now);
  return found;
};

test('once after the start, as soon as it is quiet', () => {
  const tidying = createTidying();
  assert.deepEqual(times(tidying, 0, 5000, 1000), []);
  assert.deepEqual(times(tidying, 5000, 60_000, 3), [8000]);
});

test('again after a busy stretch, not while it lasts, and not for a few events', () => {
  const tidying = createTidying();
  assert.deepEqual(times(tidying, 0, 10_000, 0), [3000]);
  assert.deepEqual(times(tidying, 10_000, 11_000, 500), []);
  assert.deepEqual(times(tidying, 11_000, 30_000, 0), []);
  assert.deepEqual(times(tidying, 30_000, 40_000, 5000), []);
  assert.deepEqual(times(tidying, 40_000, 60_000, 0), [43_000]);
});
