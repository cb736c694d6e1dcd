import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded, type Scene } from '../../test/recorded.ts';
import { causalChains } from './chains.ts';

const trainer = { pid: 100, tid: 100, comm: 'python3' };
const loader = { pid: 200, tid: 200, comm: 'loader' };
const hog = { pid: 4711, tid: 4711, comm: 'stress' };
const ms = 1e6;
const STEP = 20 * ms;
const STEPS = 20;

type Wait = Parameters<Scene['wait']>[3];

/** Steps of a loop: launches, a wait for the device until it is idle, then 12 ms that `between` fills; 15 ms in all. */
const loop = (made: Scene, between: (start: number) => void, sync = 2 * ms) => {
  made.process(trainer.pid, trainer.comm);
  // The scheduler was recorded.
  made.wait(hog, 0, 10, { syscall: 'nanosleep' });
  for (let step = 0; step < STEPS; step++) {
    const start = step * STEP;
    for (let i = 0; i < 4; i++) made.call(trainer, 'cudaLaunchKernel', start + i * 0.1 * ms, 0.01 * ms);
    made.call(trainer, 'cudaStreamSynchronize', start + ms, sync);
    between(start + ms + sync);
  }
};
const waits =
  (made: Scene, parts: Wait) =>
  (start: number): void =>
    made.wait(trainer, start + ms, 12 * ms, parts);

const answerOf = (build: (scene: Scene) => void) => recorded(build, (recording) => causalChains(recording, { top: 5 }));

test('a device without work is the doing of who keeps the loader from its CPU', () => {
  const { chains, verdict } = answerOf((made) =>
    loop(made, (start) => {
      waits(made, { syscall: 'read', file_type: 1, waker: loader, waker_syscall: 'write' })(start);
      made.wait(loader, start + ms, 0, { runnable: 11 * ms, cpu: 1 });
      made.slice(hog, 1, start + ms, 11 * ms);
    }),
  );
  assert.equal(verdict, 'explained');
  const [chain] = chains;
  assert.ok(chain);
  assert.equal(chain.symptom.kind, 'gap');
  assert.equal(chain.symptom.count, STEPS - 1);
  assert.equal(chain.root.kind, 'runnable');
  assert.equal(chain.root.pid, hog.pid);
  assert.deepEqual(
    chain.links.map(({ from_tid, to_tid, kind }) => [from_tid, to_tid, kind]),
    [
      [100, 200, 'ipc'],
      [200, 4711, 'runnable'],
    ],
  );
  assert.match(
    chain.summary,
    /left the device without work .* waited for loader \(pid 200\).*taken by stress \(pid 4711\)/,
  );
  assert.ok(Math.abs(chain.breakdown.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9);
  assert.ok(JSON.stringify(chain).length <= 1600, JSON.stringify(chain));
});

test('a sleep between two steps is a sleep and nobody else’s doing', () => {
  const { chains } = answerOf((made) => loop(made, waits(made, { syscall: 'clock_nanosleep', waker_context: 2 })));
  assert.deepEqual([chains[0]?.symptom.kind, chains[0]?.root.kind, chains[0]?.root.pid], ['gap', 'sleep', 100]);
  assert.ok(chains.every(({ root }) => root.kind === 'sleep'));
});

/** A loop of 100 steps with gaps of 2 ms; in the last of them `long` waits of `length` ns for a disk make them longer. */
const laterSlow = (long: number, length: number) =>
  answerOf((made) => {
    made.process(trainer.pid, trainer.comm);
    made.wait(hog, 0, 10, { syscall: 'nanosleep' });
    for (let step = 0; step < 100; step++) {
      const start = step * STEP;
      const idle = step >= 100 - long ? 2 * ms + length : 2 * ms;
      made.call(trainer, 'cudaLaunchKernel', start, 0.01 * ms);
      made.call(trainer, 'cudaStreamSynchronize', start + 0.1 * ms, STEP - idle - 0.1 * ms);
      if (idle > 2 * ms) made.wait(trainer, start + STEP - idle, length, { syscall: 'fsync', file_type: 4 });
    }
  }).chains.map(({ root }) => root.kind);

test('what began late is a small part of all, and said where its gaps stand out', () => {
  assert.deepEqual(laterSlow(8, 16 * ms), ['writeback'], '6 %, in gaps nine times the usual');
  assert.deepEqual(laterSlow(32, 4 * ms), [], '6 %, in gaps three times the usual');
});

test('time between calls in which the device still works starves nobody', () => {
  const { chains, verdict } = answerOf((made) => {
    made.process(trainer.pid, trainer.comm);
    made.wait(hog, 0, 10, { syscall: 'nanosleep' });
    for (let step = 0; step < STEPS; step++) {
      const start = step * STEP;
      made.call(trainer, 'cudaLaunchKernel', start, 0.01 * ms);
      made.wait(trainer, start + ms, 9 * ms, { syscall: 'read', file_type: 1, waker: loader });
      // The device needs longer than the host: the wait for it is not short.
      made.call(trainer, 'cudaStreamSynchronize', start + 11 * ms, 8 * ms);
    }
  });
  assert.deepEqual(chains, []);
  assert.equal(verdict, 'healthy');
});

test('a thread that computes between its calls is not at fault without a sign of it', () => {
  const { chains } = answerOf((made) => loop(made, () => {}));
  assert.deepEqual(chains, []);
});

test('where samples tell in which code, it is said', () => {
  const { chains } = answerOf((made) =>
    loop(made, (start) => {
      for (let i = 1; i < 12; i += 3) made.sample(trainer, start + i * ms, { stack: ['collate', 'main'] });
    }),
  );
  assert.equal(chains[0]?.root.kind, 'on_cpu');
  assert.match(chains[0]?.summary ?? '', /collate/);
});

test('a program without calls: where its time went', () => {
  const { chains, verdict } = answerOf((made) => {
    made.process(trainer.pid, trainer.comm);
    made.life(trainer, 0, 1000 * ms);
    made.wait(trainer, 100 * ms, 700 * ms, {
      syscall: 'futex',
      arg0: 64,
      waker: { ...trainer, tid: 150, comm: 'pool' },
    });
    made.wait({ ...trainer, tid: 150, comm: 'pool' }, 200 * ms, 500 * ms, {
      ...{ syscall: 'pread64', file_type: 4, iowait: 1, state: 2, waker_context: 5 },
    });
  });
  assert.equal(verdict, 'explained');
  const kinds = chains.map(({ symptom, root, via }) => [symptom.kind, root.kind, via?.[0]]);
  assert.deepEqual(kinds, [
    ['stall', 'block_io', 'pool (pid 100, thread 150)'],
    ['stall', 'on_cpu', 'pool (pid 100, thread 150)'],
  ]);
});

test('about a program without calls that did nothing but run there is nothing to say', () => {
  const { chains, verdict } = answerOf((made) => {
    made.process(trainer.pid, trainer.comm);
    made.life(trainer, 0, 1000 * ms);
    made.wait(trainer, 100 * ms, 10 * ms, { syscall: 'futex', arg0: 64 });
  });
  assert.deepEqual([chains, verdict], [[], 'healthy']);
});

/** Steps in which the device has 20 ms of work, for most of which the host computes. */
const overlapped = (made: Scene, computes: (step: number) => number) => {
  made.process(trainer.pid, trainer.comm);
  made.wait(hog, 0, 10, { syscall: 'nanosleep' });
  for (let step = 0; step < 80; step++) {
    const start = step * 21 * ms;
    for (let i = 0; i < 4; i++) made.call(trainer, 'cudaLaunchKernel', start + i * 0.1 * ms, 0.01 * ms);
    const computed = computes(step);
    made.call(trainer, 'cudaStreamSynchronize', start + computed * ms, (20 - computed) * ms);
    made.wait(trainer, start + computed * ms, (20 - computed) * ms, { syscall: 'poll', waker_context: 3 });
  }
};

test('a device that is waited for after the host has computed had work meanwhile', () => {
  assert.deepEqual(answerOf((made) => overlapped(made, () => 19)).chains, []);
  const done = answerOf((made) => overlapped(made, () => 19.99));
  assert.match(done.chains[0]?.summary ?? '', /left the device without work/, 'it was done long ago');
});

test('a wait for the device that its thread came to sooner is not slow', () => {
  assert.deepEqual(answerOf((made) => overlapped(made, (step) => (step % 8 === 5 ? 6 : 19))).chains, []);
});
