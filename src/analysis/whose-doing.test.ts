// Whose doing it is: the recorder's own load, a server without requests, the library's own threads, many processes of one name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded, type Scene } from '../../test/recorded.ts';
import { causalChains } from './chains.ts';

const trainer = { pid: 100, tid: 100, comm: 'trainer' };
const device = { pid: 100, tid: 190, comm: 'stream0' };
const worker = { pid: 100, tid: 150, comm: 'worker' };
const client = { pid: 300, tid: 300, comm: 'client' };
const ours = { pid: 77, tid: 78, comm: 'V8Worker' };
const ms = 1e6;
const STEP = 20 * ms;
const STEPS = 30;
const KERNEL = { args: { fn: 1 } } as const;

const answerOf = (build: (scene: Scene) => void) =>
  recorded(build, (recording) => causalChains(recording, { top: 5 }), { recorder_pid: 77, cpus: 2 });

/** Steps of a loop: launches and a wait for the device, which ends at 3 ms; the rest of the 20 ms is filled by `between`. */
const loop = (made: Scene, between: (start: number, step: number) => void) => {
  made.process(trainer.pid, trainer.comm);
  for (let step = 0; step < STEPS; step++) {
    const start = step * STEP;
    for (let i = 0; i < 4; i++) made.call(trainer, 'cudaLaunchKernel', start + i * 0.1 * ms, 0.01 * ms, KERNEL);
    made.call(trainer, 'cudaStreamSynchronize', start + ms, 2 * ms);
    made.wait(trainer, start + 1.1 * ms, 1.8 * ms, { syscall: 'futex', arg0: 8, waker: device });
    between(start + 3 * ms, step);
  }
};

/** Slow launches of 10 ms after the loop, in which somebody has the CPU for so long each. */
const starvedLaunches = (made: Scene, turns: readonly (readonly [typeof ours, number])[]) => {
  for (let i = 0; i < 40; i++) made.call(trainer, 'cudaLaunchKernel', i * ms, 5000, KERNEL);
  for (let n = 0; n < 6; n++) {
    const start = (100 + 20 * n) * ms;
    made.call(trainer, 'cudaLaunchKernel', start, 10 * ms, KERNEL);
    made.wait(trainer, start, 0, { runnable: turns.reduce((sum, [, length]) => sum + length, 0), cpu: 1 });
    let at = start;
    for (const [who, length] of turns) {
      made.slice(
        { ...who, pid: who.pid + (who === ours ? 0 : n), tid: who.tid + (who === ours ? 0 : n) },
        1,
        at,
        length,
      );
      at += length;
    }
  }
};
const gzip = { pid: 900, tid: 900, comm: 'gzip' };

test('what the recorder took is no cause: healthy, with a word about it', () => {
  const { chains, verdict, observer } = answerOf((made) => starvedLaunches(made, [[ours, 9.5 * ms]]));
  assert.equal(verdict, 'healthy');
  assert.match(observer ?? '', /whytrace's own load took 5\d(\.\d)? ms of this/);
  assert.deepEqual(
    chains.map(({ root, confidence }) => [root.kind, confidence < 0.5]),
    [['observer', true]],
  );
});

test('a call that would have been slow without the recorder keeps its cause, less surely', () => {
  const { chains, verdict } = answerOf((made) =>
    starvedLaunches(made, [
      [ours, 2 * ms],
      [gzip, 8 * ms],
    ]),
  );
  assert.equal(verdict, 'explained');
  const [chain] = chains;
  assert.deepEqual([chain?.root.kind, chain?.root.comm], ['runnable', 'gzip']);
  assert.ok((chain?.confidence ?? 1) > 0.7 && (chain?.confidence ?? 1) < 0.8, String(chain?.confidence));
});

test('many processes of one name are one culprit', () => {
  const { chains } = answerOf((made) => starvedLaunches(made, [[gzip, 9.5 * ms]]));
  assert.deepEqual([chains.length, chains[0]?.symptom.count, chains[0]?.root.comm], [1, 6, 'gzip']);
});

test('a server that waits for its next request is healthy; one whose client fell behind is not', () => {
  const request = { syscall: 'read', file_type: 2, waker: client, waker_syscall: 'write' };
  const serve = (length: (step: number) => number, credit: boolean) => (made: Scene) => {
    loop(made, (start, step) => {
      made.wait(trainer, start + 0.1 * ms, length(step) * ms, request);
      made.wait(client, start, (length(step) - 0.2) * ms, { syscall: 'nanosleep', waker_context: 2 });
      if (credit && step === 3)
        made.wait(client, start + 14 * ms, ms, { syscall: 'read', file_type: 2, waker: trainer });
    });
  };
  const even = serve(() => 15, false);
  assert.deepEqual([answerOf(even).verdict, answerOf(even).chains], ['healthy', []]);
  const late = answerOf(serve((step) => (step < 12 ? 2 : 15), false));
  assert.deepEqual([late.verdict, late.chains[0]?.root.kind], ['explained', 'sleep'], 'it was not always like that');
  const asked = answerOf(serve(() => 13, true));
  assert.deepEqual(
    [asked.verdict, asked.chains[0]?.root.comm],
    ['explained', 'client'],
    'it once waited for the server',
  );
});

test('in any call of the library the thread that ends waits for the device speaks for it, and no other', () => {
  const freed = (waker: typeof device) =>
    answerOf((made) => {
      loop(made, () => {});
      for (let i = 0; i < 8; i++) made.call(trainer, 'cudaFree', (5 + 20 * i) * ms, 10_000);
      for (let i = 8; i < 12; i++) {
        const start = (4 + 20 * i) * ms;
        made.call(trainer, 'cudaFree', start, 12 * ms);
        made.wait(trainer, start + 0.1 * ms, 11.8 * ms, { syscall: 'futex', arg0: 8, waker });
        made.wait(waker, start + 0.2 * ms, 11 * ms, { syscall: 'nanosleep', waker_context: 2 });
      }
    }).chains.find(({ symptom }) => symptom.op === 'cudaFree')?.root;
  assert.equal(freed(device)?.kind, 'gpu_memory');
  assert.deepEqual([freed(worker)?.kind, freed(worker)?.comm], ['sleep', 'worker']);
});

test('a thread that was stopped is the doing of who let it go on, whatever that did meanwhile', () => {
  const { chains } = answerOf((made) =>
    loop(made, (start, step) => {
      if (step < 10) return;
      made.wait(trainer, start + 0.1 * ms, 15 * ms, { syscall: 'read', file_type: 1, waker: client });
      made.wait(client, start + 0.1 * ms, 14.9 * ms, { state: 4, waker: gzip, waker_syscall: 'kill' });
      made.wait(gzip, start, 14 * ms, { syscall: 'nanosleep', waker_context: 2 });
    }),
  );
  assert.deepEqual([chains[0]?.root.kind, chains[0]?.root.comm], ['signal', 'gzip']);
  assert.match(chains[0]?.summary ?? '', /client \(pid 300\).* was stopped by a signal until gzip/);
});
