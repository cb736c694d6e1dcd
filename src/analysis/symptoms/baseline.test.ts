import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded } from '../../../test/recorded.ts';
import { causalChains } from '../chains.ts';
import { createBaselines } from './baseline.ts';

const main = { pid: 100, tid: 100, comm: 'python3' };
const writer = { pid: 300, tid: 300, comm: 'writer' };
const MS = 1e6;
const kind = { pid: 100, op: 'cudaStreamSynchronize', fn: null, bytes: null };

/** One call each 100 ms. What one takes beyond a millisecond it waits for a pipe, unless it is its own work. */
const ofCalls = (durations: readonly number[], own: boolean, op = 'cudaStreamSynchronize') =>
  recorded(
    ({ call, wait }) => {
      wait(writer, 0, 10, { syscall: 'nanosleep' });
      for (const [i, ms] of durations.entries()) {
        const start = (100 * i + 1) * MS;
        call(main, op, start, ms * MS);
        if (!own && ms > 1) wait(main, start + MS / 2, (ms - 1) * MS, { syscall: 'read', file_type: 1, waker: writer });
      }
    },
    (recording) => ({ baseline: createBaselines(recording)({ ...kind, op }), ...causalChains(recording, { top: 5 }) }),
  );
const times = (count: number, ms: number): readonly number[] => Array.from({ length: count }, () => ms);

test('an incident that made more than half of the calls slow does not become the usual', () => {
  const { baseline, chains } = ofCalls([...times(8, 1), ...times(14, 30)], false);
  assert.deepEqual([baseline.usual_ns, baseline.median_ns], [MS, 30 * MS]);
  assert.deepEqual([chains.length, chains[0]?.symptom.count, chains[0]?.root.kind], [1, 14, 'on_cpu']);
});

test('an operation that is short or long by its own work is not slow when it is long', () => {
  const { baseline, verdict } = ofCalls([...times(8, 0.01), ...times(14, 30)], true);
  assert.equal(baseline.usual_ns, 10_000);
  assert.equal(verdict, 'healthy');
  assert.equal(ofCalls([...times(14, 0.01), ...times(8, 30)], true).chains.length, 1);
});

test('growing slowness is seen at its end', () => {
  const { chains } = ofCalls(
    Array.from({ length: 40 }, (_, i) => 1 + i),
    false,
  );
  assert.ok((chains[0]?.symptom.count ?? 0) >= 15);
});

test('few calls are compared with the middle one: the shortest may be an exception', () => {
  assert.equal(ofCalls([0.01, 10, 10, 10], true).baseline.usual_ns, 10 * MS);
  assert.equal(ofCalls([0.01, 10, 10, 10], true).verdict, 'healthy');
  assert.equal(ofCalls([10, 10], true).baseline.of, 'none');
});
