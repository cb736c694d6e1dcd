import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded } from '../../test/recorded.ts';
import { traceStats } from './stats.ts';

const a = { pid: 10, tid: 11, comm: 'train' };
const b = { pid: 20, tid: 20, comm: 'load' };

test('stats add up calls by operation and by process', () => {
  recorded(
    ({ call, process, wait, slice, writer }) => {
      process(10, 'train');
      process(20, 'load');
      for (let i = 0; i < 4; i++) call(a, 'cudaMalloc', i * 1000, 100 * (i + 1));
      call(b, 'cudaMalloc', 9000, 500, { ret: 2 });
      call(b, 'cudaFree', 9600, 7);
      wait(a, 5000, 10);
      slice(b, 0, 5000, 10);
      for (let i = 0; i < 3; i++) writer.loss('stack_failed', i * 1000, i * 1000 + 10, 2, `call ${i}`);
    },
    (recording) => {
      const stats = traceStats(recording);
      assert.equal(stats.state, 'complete');
      assert.deepEqual(stats.rows, { calls: 6, waits: 1, run_slices: 1 });
      assert.deepEqual([stats.calls, stats.failed, stats.call_time_ns], [6, 1, 1507]);
      assert.deepEqual(
        stats.ops.map(({ op, count, sum_ns, max_ns, pids }) => [op, count, sum_ns, max_ns, pids]),
        [
          ['cudaMalloc', 5, 1500, 500, [10, 20]],
          ['cudaFree', 1, 7, 7, [20]],
        ],
      );
      assert.deepEqual(
        stats.by_process.map(({ pid, op, count }) => [pid, op, count]),
        [
          [10, 'cudaMalloc', 4],
          [20, 'cudaMalloc', 1],
          [20, 'cudaFree', 1],
        ],
      );
      assert.deepEqual(
        stats.losses.map(({ reason, count, start_ns, end_ns, detail }) => [reason, count, start_ns, end_ns, detail]),
        [['stack_failed', 6, 0, 2010, 'call 0']],
      );
      assert.equal(stats.losses[0]?.doc, 'stacks that could not be read');
      assert.deepEqual(
        traceStats(recording, { pid: 20 }).ops.map(({ op, count }) => [op, count]),
        [
          ['cudaMalloc', 1],
          ['cudaFree', 1],
        ],
      );
      assert.equal(stats.processes_total, 2);
    },
  );
});
