import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RootKind } from '../../src/catalogue/root-kinds.ts';
import type { Actor, Step, TruthLog } from './log.ts';
import { slackIn, truthTimes } from './shares.ts';

const actor = (tid: number, pid = tid): Actor => ({ name: `a${tid}`, process: `a${pid}`, pid, tid });
/** What a thread did: [step, number, start, end, CPU time, delay]. */
const log = (
  threads: ReadonlyMap<Actor, readonly (readonly [string, number, number, number, number, number])[]>,
): TruthLog => ({
  actors: [...threads.keys()],
  kernel_ns: 0,
  steps: new Map(
    [...threads].map(([{ tid }, rows]) => [
      tid,
      rows.map(
        ([act, number, start, end, cpu, delay]): Step => ({
          ...{ tid, act, numbers: [number, 0], start, end, cpu, delay },
        }),
      ),
    ]),
  ),
});
const delayed = (): RootKind => 'runnable';
const timesOf = (of: TruthLog, from: number, to: number) =>
  Object.fromEntries([...truthTimes(of, 1, { from, to }, delayed)].map(([kind, ns]) => [kind, Math.round(ns)]));

test('a step is its CPU time, its delay, and its wait', () => {
  const of = log(
    new Map([
      [
        actor(1),
        [
          ['compute', 0, 0, 100, 70, 30],
          ['sleep', 0, 100, 200, 4, 6],
        ],
      ],
    ]),
  );
  assert.deepEqual(timesOf(of, 0, 200), { runnable: 36, on_cpu: 74, sleep: 90 });
  assert.deepEqual(timesOf(of, 50, 100), { runnable: 15, on_cpu: 35 }, 'part of a step');
  assert.deepEqual(timesOf(of, 190, 250), { runnable: 1, on_cpu: 50, sleep: 9 }, 'what no step covers is its own code');
});

test('a wait for a lock is what its holder did meanwhile', () => {
  const of = log(
    new Map([
      [actor(1), [['lock', 0, 100, 200, 0, 0]]],
      [
        actor(2, 1),
        [
          ['lock', 0, 10, 20, 0, 0],
          ['sleep', 0, 20, 150, 0, 0],
          ['compute', 0, 150, 199, 49, 0],
          ['unlock', 0, 199, 199, 0, 0],
        ],
      ],
    ]),
  );
  assert.deepEqual(timesOf(of, 100, 200), { sleep: 51, on_cpu: 49 });
});

test('a wait for a pipe is what its writer did, also through a third', () => {
  const of = log(
    new Map([
      [actor(1), [['get', 0, 0, 100, 0, 0]]],
      [
        actor(2),
        [
          ['get', 1, 0, 60, 0, 0],
          ['compute', 0, 60, 99, 39, 0],
          ['put', 0, 99, 100, 0, 0],
        ],
      ],
      [
        actor(3),
        [
          ['sleep', 0, 0, 59, 0, 0],
          ['put', 1, 59, 60, 0, 0],
        ],
      ],
    ]),
  );
  const times = timesOf(of, 0, 100);
  assert.deepEqual([times.sleep, times.on_cpu], [59, 39]);
});

test('threads that wait for each other end somewhere', () => {
  const of = log(
    new Map([
      [actor(1), [['get', 0, 0, 100, 0, 0]]],
      [actor(2), [['put', 0, 0, 100, 0, 0]]],
    ]),
  );
  assert.equal(timesOf(of, 0, 100).ipc, 100);
});

test('between two steps is the log, and what is long there is time without a CPU', () => {
  const of = log(
    new Map([
      [
        actor(1),
        [
          ['compute', 0, 0, 1e6, 1e6, 0],
          ['compute', 0, 1.1e6, 2e6, 0.9e6, 0],
          ['compute', 0, 5e6, 6e6, 1e6, 0],
        ],
      ],
    ]),
  );
  assert.deepEqual(timesOf(of, 0, 6e6), { on_cpu: 3e6, runnable: 3e6 });
});

test('a wait for what lies between is not what the other side does', () => {
  const of = log(
    new Map([
      [actor(1), [['hear', 1, 0, 100, 10, 0]]],
      [actor(2), [['say', 1, 0, 90, 90, 0]]],
    ]),
  );
  assert.deepEqual(timesOf(of, 0, 100), { on_cpu: 100 });
  assert.deepEqual(Object.fromEntries(truthTimes(of, 1, { from: 0, to: 100 }, delayed, new Set(['hear']))), {
    on_cpu: 10,
    network: 90,
  });
});

test('a process that is stopped waits for nobody, whatever step it is in', () => {
  const step = (tid: number, act: string, numbers: readonly [number, number], start: number, end: number): Step => ({
    ...{ tid, act, numbers, start, end, cpu: 0, delay: 0 },
  });
  const of: TruthLog = {
    actors: [actor(1), actor(2)],
    kernel_ns: 0,
    steps: new Map([
      [1, [step(1, 'sleep', [0, 0], 0, 100e6)]],
      [2, [step(2, 'signal', [0, 19], 10e6, 20e6), step(2, 'signal', [0, 18], 80e6, 81e6)]],
    ]),
  };
  assert.deepEqual(timesOf(of, 0, 100e6), { signal: 60e6, sleep: 40e6 });
});

test('where in a step a thread had no CPU is open as far as the step lies outside of the stretch', () => {
  const of = log(
    new Map([
      [
        actor(1),
        [
          ['compute', 0, 0, 100, 70, 30],
          ['sleep', 0, 100, 200, 0, 50],
        ],
      ],
    ]),
  );
  assert.deepEqual(slackIn(of, 1, { from: 0, to: 100 }), { more: 0, less: 0 }, 'all of it');
  assert.deepEqual(slackIn(of, 1, { from: 60, to: 100 }), { more: 18, less: 12 });
  assert.deepEqual(slackIn(of, 1, { from: 10, to: 100 }), { more: 3, less: 7 });
  assert.deepEqual(slackIn(of, 1, { from: 150, to: 200 }), { more: 0, less: 0 }, 'a wait is taken in proportion');
});
