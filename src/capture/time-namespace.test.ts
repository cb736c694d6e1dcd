import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offsetsIn } from './time-namespace.ts';

test('offsets of a time namespace', () => {
  assert.deepEqual(offsetsIn('monotonic      172800         5\nboottime       604800         0\n'), {
    monotonic: 172_800_000_000_005n,
    boottime: 604_800_000_000_000n,
  });
  // A negative offset is so many seconds less, and nanoseconds more.
  assert.equal(offsetsIn('monotonic -2 500000000\nboottime 0 0\n').monotonic, -1_500_000_000n);
});

test('without a time namespace there are none', () => {
  assert.deepEqual(offsetsIn(''), { monotonic: 0n, boottime: 0n });
});
