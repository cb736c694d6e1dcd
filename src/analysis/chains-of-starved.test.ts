// What the chains say of a starved training loop: the incident that a beginner meets first, modelled on a real recording.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded, type Scene } from '../../test/recorded.ts';
import type { ChainsFilter } from './chain.ts';
import { causalChains } from './chains.ts';

const main = { pid: 4577, tid: 4577, comm: 'python3' };
const stream = { pid: 4577, tid: 4619, comm: 'cudasim-stream1' };
const loader = { pid: 4618, tid: 4618, comm: 'data-loader' };
const observer = { pid: 4567, tid: 4574, comm: 'V8Worker' };
const hogs = [4620, 4621, 4622].map((tid) => ({ pid: 4620, tid, comm: 'stress' }));
const MS = 1e6;
const FACTS = { recorder_pid: 4567, cpus: 2 };
const COPY = { args: { bytes: 24 * 2 ** 20 } };
const LAUNCH = { args: { fn: 0x5000 } };

/** A copy: 4 ms of its own, 4 ms behind the loader as always, `turns` of 4 ms behind the hog's threads; returns its length. */
const copy = ({ call, wait, slice }: Scene, start: number, turns: number, seen = false): number => {
  const length = (8.4 + 4 * turns + (seen ? 0.1 : 0)) * MS;
  call(main, 'cudaMemcpyAsync', start, length, COPY);
  wait(main, start + 2 * MS, 0, { runnable: length - 4.4 * MS, cpu: 1 });
  slice(loader, 1, start + 2 * MS, 4 * MS);
  for (let i = 0; i < turns; i++) slice(hogs[i % 3] ?? loader, 1, start + (6 + 4 * i) * MS, 4 * MS);
  if (seen) slice(observer, 1, start + (6 + 4 * turns) * MS, 0.1 * MS);
  return length;
};

/** Steps of the loop from `start` on: a copy, launches, and a wait for the device. */
const steps = (made: Scene, start: number, turns: readonly number[]): number =>
  turns.reduce((at, turn, i) => {
    const copied = at + copy(made, at, turn, turn === 4 && i === 0);
    for (let n = 0; n < 4; n++) made.call(main, 'cudaLaunchKernel', copied + n * 10_000, 2400, LAUNCH);
    const wait = copied + 50_000;
    made.call(main, 'cudaStreamSynchronize', wait, (12.7 + 0.2 * turn) * MS, { args: { stream: 7 } });
    made.wait(main, wait + 1000, 12.6 * MS, { syscall: 'futex', arg0: 8, waker: stream });
    return wait + 20 * MS;
  }, start);

const incident = (made: Scene, hog: boolean) => {
  made.process(main.pid, 'python3');
  made.process(loader.pid, 'python3');
  made.writer.updateProcess(loader.pid, { parent_pid: main.pid });
  // A start-up effect that is true, and next to nothing.
  made.call(main, 'cudaMalloc', 1 * MS, 1.7 * MS, COPY);
  made.wait(main, 1.01 * MS, 0, { runnable: 1.6 * MS, cpu: 1 });
  made.slice(loader, 1, 1 * MS, 1.7 * MS);
  const then = steps(
    made,
    10 * MS,
    Array.from({ length: 40 }, () => 0),
  );
  if (!hog) return;
  made.process(4620, 'stress');
  made.writer.updateProcess(4620, { parent_pid: main.pid });
  steps(
    made,
    then,
    Array.from({ length: 30 }, (_, i) => [4, 3, 5, 1][i % 4] ?? 0),
  );
};
const answerOf = (hog: boolean, filter: Partial<ChainsFilter> = {}) =>
  recorded(
    (made) => incident(made, hog),
    (recording) => causalChains(recording, { top: 5, ...filter }),
    FACTS,
  );

test('a hog with three threads is one culprit of one chain, and the usual time is that of the healthy part', () => {
  const { chains, verdict } = answerOf(true);
  assert.equal(verdict, 'explained');
  assert.equal(chains.length, 1);
  const [chain] = chains;
  assert.ok(chain !== undefined);
  assert.deepEqual(chain.root, {
    kind: 'runnable',
    pid: 4620,
    tid: 4620,
    comm: 'stress',
    what: 'ran on CPU 1 with 3 threads',
    share: 0.704,
  });
  assert.equal(chain.symptom.count, 23);
  assert.equal(
    chain.summary,
    'cudaMemcpyAsync took 28.4 ms instead of 8.4 ms (the longest of 23 calls, 557 ms in total): 70 % of it python3 (tid 4577) was ready to run but CPU 1 was taken by stress (pid 4620).',
  );
  assert.deepEqual(
    chain.breakdown.map(({ kind, comm, duration_ns, share }) => [kind, comm, duration_ns, share]),
    [
      ['runnable', 'stress', 20 * MS, 0.704],
      ['on_cpu', 'python3', 4.4 * MS, 0.155],
      ['runnable', 'data-loader', 4 * MS, 0.141],
    ],
  );
  assert.match(
    chain.counter_evidence.join('\n'),
    /usual time: lower tenth of 70 calls of about 24 MiB, none of this in 3 of them/,
  );
  assert.deepEqual(chain.recommendations, [
    'move stress off CPU 1: `taskset -apc 0 4620` (saves up to 364 ms of 557 ms)',
  ]);
});

test('its healthy twin is healthy: sharing a CPU with the loader is how it always is', () => {
  assert.deepEqual([answerOf(false).verdict, answerOf(false).chains], ['healthy', []]);
});

test('what took next to no time is no cause, unless the calls are asked for', () => {
  const { chains } = answerOf(false, { op: 'cudaMalloc' });
  assert.deepEqual([chains[0]?.root.comm, chains[0]?.symptom.op], ['data-loader', 'cudaMalloc']);
  const usual = answerOf(false, { op: 'cudaMemcpyAsync' }).chains;
  assert.match(usual[0]?.summary ?? '', /took 8\.4 ms .*which is usual for it/);
});
