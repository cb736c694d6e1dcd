import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded } from '../../test/recorded.ts';
import { createSegments, merged } from './read-segments.ts';
import { sampledRanges } from './read-siblings.ts';

const thread = { pid: 10, tid: 11, comm: 'python3' };

test('neighbouring ranges become one', () => {
  const ranges = [
    { first: 1, last: 4 },
    { first: 5, last: 9 },
    { first: 20, last: 30 },
  ];
  assert.deepEqual(merged(ranges), [
    { first: 1, last: 9 },
    { first: 20, last: 30 },
  ]);
  assert.deepEqual(merged([]), []);
});

test('only segments that touch the window, or are long enough, are matched', () => {
  recorded(
    ({ call, writer }) => {
      for (let second = 0; second < 4; second++) {
        call(thread, 'cudaLaunchKernel', second * 1e9, 1e6 * (second + 1));
        writer.commit((second + 1) * 1e9);
      }
    },
    ({ database }) => {
      const segments = createSegments(database);
      assert.equal(segments.rows('call'), 4);
      assert.equal(segments.rows('off_cpu'), 0);
      const first = (window: { start_ns: number; end_ns: number } | undefined, least = 0) =>
        segments.matching('call', window, least).map((segment) => segment.first);
      assert.deepEqual(first({ start_ns: 1e9, end_ns: 2.5e9 }), [2, 3]);
      assert.deepEqual(first(undefined, 3e6), [3, 4]);
      assert.deepEqual(first({ start_ns: 5e9, end_ns: 6e9 }), []);
    },
  );
});

test('a small recording is sampled whole, a large one in evenly spaced parts from the first row to the last', () => {
  assert.deepEqual(sampledRanges(100, 1000, 4), [{ first: 1, last: 100 }]);
  const ranges = sampledRanges(10_000, 1000, 4);
  assert.deepEqual(ranges, [
    { first: 1, last: 250 },
    { first: 3251, last: 3500 },
    { first: 6501, last: 6750 },
    { first: 9751, last: 10_000 },
  ]);
});
