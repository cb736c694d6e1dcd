import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSegmentMemory } from './segment-memory.ts';

test('a segment is read whole once it was asked for often, and only once', () => {
  const loaded: string[] = [];
  const rowsOf = createSegmentMemory((range, key) => {
    loaded.push(`${range.first} ${key}`);
    return [range.first, range.last, key];
  });
  const [one, two] = [
    { first: 1, last: 9 },
    { first: 10, last: 19 },
  ];
  assert.deepEqual(
    [1, 2, 3].map(() => rowsOf(one, 5)),
    [undefined, undefined, undefined],
  );
  assert.equal(rowsOf(two, 5), undefined, 'each segment is counted by itself');
  assert.equal(rowsOf(one, 6), undefined, 'and each key');
  assert.deepEqual(rowsOf(one, 5), [1, 9, 5]);
  assert.deepEqual(rowsOf(one, 5), [1, 9, 5]);
  assert.deepEqual(loaded, ['1 5']);
});
