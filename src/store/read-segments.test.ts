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
      // Two calls so far apart are a segment of their own.
      for (let turn = 0; turn < 4; turn++) {
        call(thread, 'cudaLaunchKernel', turn * 10e9, 1e6 * (turn + 1));
        call(thread, 'cudaLaunchKernel', turn * 10e9 + 6e9, 1e6);
        writer.commit((turn + 1) * 10e9);
      }
    },
    ({ database }) => {
      const segments = createSegments(database);
      assert.equal(segments.rows('call'), 8);
      assert.equal(segments.rows('off_cpu'), 0);
      const first = (window: { start_ns: number; end_ns: number } | undefined, least = 0) =>
        segments.matching('call', window, least).map((segment) => segment.first);
      assert.deepEqual(first({ start_ns: 11e9, end_ns: 25e9 }), [3, 5]);
      assert.deepEqual(first(undefined, 3e6), [5, 7]);
      assert.deepEqual(first({ start_ns: 40e9, end_ns: 41e9 }), []);
    },
  );
});

test('a small recording is sampled whole, a large one in evenly spaced parts from the first row to the last', () => {
  assert.deepEqual(sampledRanges({ first: 1, last: 100 }, 1000, 4), [{ first: 1, last: 100 }]);
  const ranges = sampledRanges({ first: 1, last: 10_000 }, 1000, 4);
  assert.deepEqual(ranges, [
    { first: 1, last: 250 },
    { first: 3251, last: 3500 },
    { first: 6501, last: 6750 },
    { first: 9751, last: 10_000 },
  ]);
});
