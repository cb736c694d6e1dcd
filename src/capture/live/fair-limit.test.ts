import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAIR_BYTES, limitedOf, partsOf, readHeld, sharePartsOf } from './fair-limit.ts';
import type { Field } from './format.ts';

const field = (offset: number, size: number): Field => ({
  ...{ name: 'f', type: 't', kind: 'bytes', offset, size, signed: false },
  ...{ names: new Map<string, number>(), isFlags: false },
});

test('a field is read in loads that are aligned, as far as 8 bytes', () => {
  const parts = (offset: number, size: number) =>
    sharePartsOf(field(offset, size)).map((part) => [part.offset, part.width]);
  assert.deepEqual(parts(16, 8), [[16, 8]]);
  assert.deepEqual(parts(36, 28), [
    [36, 4],
    [40, 4],
  ]);
  assert.deepEqual(parts(33, 4), [
    [33, 1],
    [34, 2],
    [36, 1],
  ]);
  assert.deepEqual(parts(40, 2), [[40, 2]]);
});

test('what is kept for those that had few is part of the whole', () => {
  assert.deepEqual(partsOf(500), { few: 31, spare: 31, common: 438 });
  assert.deepEqual(partsOf(1), { few: 1, spare: 0, common: 1 }, 'too few to keep any');
});

test('who was held back, by process and user', () => {
  const value = new Uint8Array(FAIR_BYTES);
  const view = new DataView(value.buffer);
  // The second place after the head.
  view.setUint32(64, 7, true);
  view.setUint32(68, 1000, true);
  view.setBigUint64(72, 12n, true);
  assert.deepEqual(limitedOf(value), [{ pid: 7, uid: 1000, count: 12 }]);
  assert.deepEqual(readHeld(value.subarray(64, 88), 24), [{ pid: 7, uid: 1000, count: 12 }]);
});
