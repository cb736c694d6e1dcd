import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded } from '../../../test/recorded.ts';
import { lullsOf } from './lulls.ts';

const thread = { pid: 100, tid: 100, comm: 'trainer' };

/** Lulls in so many seconds, each with as many calls as `callsAt` says. */
const lullsIn = (seconds: number, callsAt: (second: number) => number, facts: Readonly<Record<string, string>> = {}) =>
  recorded(
    ({ call }) => {
      for (let second = 0; second < seconds; second++)
        for (let i = 0; i < callsAt(second); i++) call(thread, 'cudaLaunchKernel', second * 1e9 + i * 1e6, 1000);
    },
    (recording) =>
      lullsOf(recording, recording.window).map(({ start_ns, end_ns, usual }) => [start_ns / 1e9, end_ns / 1e9, usual]),
    facts,
  );

test('a time with less than half of the usual calls is a lull, without any too', () => {
  assert.deepEqual(
    lullsIn(100, (second) => (second >= 40 && second < 46 ? 10 : second >= 70 && second < 74 ? 0 : 30)),
    [
      [40, 46, 30],
      [70, 74, 30],
    ],
  );
});

test('a pause of two seconds, a lower rate and a short recording have none', () => {
  assert.deepEqual(
    lullsIn(100, (second) => (second >= 40 && second < 42 ? 0 : second > 60 ? 20 : 30)),
    [],
  );
  assert.deepEqual(
    lullsIn(30, (second) => (second >= 10 && second < 20 ? 0 : 30)),
    [],
  );
  assert.deepEqual(
    lullsIn(100, (second) => (second % 10 === 0 ? 30 : 0)),
    [],
    'mostly nothing is no rhythm',
  );
});

test('numbers of calls that another tool kept by choice tell nothing', () => {
  assert.deepEqual(
    lullsIn(100, (second) => (second >= 40 && second < 50 ? 0 : 30), { missing_abilities: 'row_counts' }),
    [],
  );
});
