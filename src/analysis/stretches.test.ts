import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded } from '../../test/recorded.ts';
import { type Stretches, spentOn } from './stretches.ts';

const thread = { pid: 100, tid: 101, comm: 'python3' };
const stretches = (parts: Pick<Stretches, 'windows' | 'others' | 'total_ns'>): Stretches => ({
  ...{ kind: 'gap', ...thread, op: 'cudaLaunchKernel', count: 9, median_ns: 10, whole_ns: 10_000 },
  ...{ rows: [], checks: [], isCertain: true, isUnusual: false, ...parts },
});
/** It sleeps in the first stretch and computes in the second. */
const spent = (parts: Parameters<typeof stretches>[0]) =>
  recorded(
    ({ wait }) => wait(thread, 0, 1000, { syscall: 'nanosleep', waker_context: 2 }),
    (recording) =>
      Object.fromEntries(
        spentOn(recording, stretches(parts)).parts.map(({ kind, duration_ns }) => [kind, duration_ns]),
      ),
  );
const long = { start_ns: 0, end_ns: 1000 };
const short = { start_ns: 2000, end_ns: 2100 };

test('the longest stretches stand for themselves, and some of the others for all the others', () => {
  assert.deepEqual(spent({ windows: [long], others: [short], total_ns: 1800 }), { sleep: 1000, on_cpu: 800 });
  assert.deepEqual(spent({ windows: [long, short], others: [], total_ns: 1100 }), { sleep: 1000, on_cpu: 100 });
  assert.deepEqual(spent({ windows: [long], others: [], total_ns: 1800 }), { sleep: 1800 });
});
