// What the chains say about things that only CUDA calls do: first calls, waits for the GPU, nesting, failures.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded, type Scene } from '../../test/recorded.ts';
import type { ChainsFilter } from './chain.ts';
import { causalChains } from './chains.ts';

const victim = { pid: 100, tid: 101, comm: 'python3' };
const worker = { pid: 100, tid: 150, comm: 'gpu' };
const hog = { pid: 4711, tid: 4711, comm: 'stress' };
const MS = 1e6;

const answerOf = (build: (scene: Scene) => void, filter: Partial<ChainsFilter> = {}) =>
  recorded(
    (made) => {
      made.process(victim.pid, victim.comm);
      made.wait(hog, 0, 10, { syscall: 'nanosleep' });
      build(made);
    },
    (recording) => causalChains(recording, { top: 5, ...filter }),
  );
const launches = ({ call }: Scene, fn: number, from: number) => {
  for (let i = 0; i < 20; i++) call(victim, 'cudaLaunchKernel', (from + i) * MS, 6000, { args: { fn } });
};
const syncs = ({ call }: Scene, from: number) => {
  for (let i = 0; i < 20; i++)
    call(victim, 'cudaStreamSynchronize', (from + 20 * i) * MS, 10 * MS, { args: { stream: 7 } });
};

test('the first launch of a function that only ran is a first call, not a slow one of its own', () => {
  const { chains } = answerOf((made) => {
    launches(made, 1, 0);
    made.call(victim, 'cudaLaunchKernel', 50 * MS, 30 * MS, { args: { fn: 2 } });
    launches(made, 2, 100);
  });
  assert.equal(chains.length, 1);
  assert.equal(chains[0]?.root.kind, 'first_call');
  assert.equal(chains[0]?.grade, 'D');
  assert.match(
    chains[0]?.summary ?? '',
    /first cudaLaunchKernel of this function in this recording: lazy loading or compilation is likely/,
  );
});

test('a process that ran before the recording may have called it before: the grade is lower', () => {
  const { chains } = answerOf((made) => {
    made.writer.updateProcess(victim.pid, { start_ns: -5e9 });
    made.call(victim, 'cudaLaunchKernel', 50 * MS, 30 * MS, { args: { fn: 2 } });
    launches(made, 2, 100);
  });
  assert.equal(chains[0]?.root.kind, 'first_call');
  assert.equal(chains[0]?.grade, 'E');
});

test('a first launch that waited for a CPU is what it is', () => {
  const { chains } = answerOf((made) => {
    made.call(victim, 'cudaLaunchKernel', 50 * MS, 30 * MS, { args: { fn: 2 } });
    made.wait(victim, 51 * MS, 0, { runnable: 28 * MS, cpu: 1 });
    made.slice(hog, 1, 51 * MS, 28 * MS);
    launches(made, 2, 100);
  });
  assert.equal(chains[0]?.root.kind, 'runnable');
  assert.match(
    chains[0]?.counter_evidence.join('\n') ?? '',
    /first call: nothing earlier of this function was recorded/,
  );
});

test('a module loaded inside a first launch is better evidence, and the nested call is no symptom of its own', () => {
  const { chains } = answerOf((made) => {
    made.call(victim, 'cuModuleLoadData', 51 * MS, 25 * MS, { depth: 1 });
    made.call(victim, 'cudaLaunchKernel', 50 * MS, 30 * MS, { args: { fn: 2 } });
  });
  assert.equal(chains.length, 1);
  assert.equal(chains[0]?.symptom.op, 'cudaLaunchKernel');
  assert.match(chains[0]?.root.what ?? '', /loading with cuModuleLoadData inside it/);
  assert.match(chains[0]?.summary ?? '', /Of it, 25 ms passed inside 1 cuModuleLoadData call\./);
});

test('a nested call is explained when its operation is asked for', () => {
  const build = (made: Scene) => {
    made.call(victim, 'cuLaunchKernel', 51 * MS, 25 * MS, { depth: 1 });
    made.wait(victim, 52 * MS, 20 * MS, { syscall: 'read', file_type: 1, waker: hog });
    made.call(victim, 'cudaLaunchKernel', 50 * MS, 30 * MS, { args: { fn: 2 } });
  };
  assert.deepEqual(
    answerOf(build, { op: 'cuLaunchKernel' }).chains.map(({ symptom }) => symptom.op),
    ['cuLaunchKernel'],
  );
  assert.deepEqual(
    answerOf(build).chains.map(({ symptom }) => symptom.op),
    ['cudaLaunchKernel'],
  );
});

test('a single long call of its own work cannot be compared and is not called slow', () => {
  const { verdict, chains } = answerOf((made) => made.call(victim, 'cudaSetDevice', 50 * MS, 300 * MS));
  assert.deepEqual([verdict, chains.length], ['healthy', 0]);
});

test('usual waits for the GPU are healthy, and explained as usual when asked for', () => {
  const build = (made: Scene) => syncs(made, 0);
  assert.deepEqual([answerOf(build).verdict, answerOf(build).chains.length], ['healthy', 0]);
  const { chains, verdict } = answerOf(build, { op: 'cudaStreamSynchronize' });
  assert.equal(verdict, 'explained');
  assert.equal(chains[0]?.root.kind, 'gpu_wait');
  assert.equal(chains[0]?.grade, 'D');
  assert.equal(chains[0]?.confidence, 0.6);
  assert.match(chains[0]?.summary ?? '', /took 10 ms .*which is usual for it: all of it python3 .* waited for the GPU/);
  const ofProcess = answerOf(build, { pid: victim.pid });
  assert.equal(ofProcess.verdict, 'healthy');
  assert.equal(ofProcess.chains[0]?.root.kind, 'gpu_wait');
});

test('a slow synchronization is blamed on what came on top of its usual wait', () => {
  const { chains } = answerOf((made) => {
    syncs(made, 0);
    made.call(victim, 'cudaStreamSynchronize', 500 * MS, 35 * MS, { args: { stream: 7 } });
    made.wait(victim, 501 * MS, 15 * MS, { syscall: 'futex', arg0: 8, waker: worker, runnable: 14 * MS, cpu: 1 });
    made.slice(hog, 1, 510 * MS, 25 * MS);
  });
  assert.equal(chains.length, 1);
  assert.deepEqual([chains[0]?.root.kind, chains[0]?.root.comm, chains[0]?.root.share], ['runnable', 'stress', 0.4]);
});

test('a launch that always takes milliseconds is explained although it is no exception', () => {
  const { chains } = answerOf(({ call }) => {
    for (let i = 0; i < 20; i++) call(victim, 'cudaLaunchKernel', 20 * i * MS, 5 * MS, { args: { fn: 1 } });
  });
  assert.equal(chains.length, 1);
  assert.equal(chains[0]?.symptom.count, 20);
  assert.match(
    chains[0]?.summary ?? '',
    /took 5 ms \(the longest of 20 calls, 100 ms in total\), as it usually does here/,
  );
});

test('failures are one chain for each operation and code, below the slow calls', () => {
  const { chains } = answerOf((made) => {
    launches(made, 1, 0);
    for (let i = 0; i < 3; i++) made.call(victim, 'cudaMalloc', (100 + i) * MS, 2000, { ret: 2, args: { bytes: 1e9 } });
    made.call(victim, 'cudaFree', 110 * MS, 2000, { ret: 1 });
    made.call(victim, 'cudaLaunchKernel', 200 * MS, 30 * MS, { args: { fn: 1 } });
    made.wait(victim, 201 * MS, 28 * MS, { syscall: 'read', file_type: 1, waker: hog });
  });
  assert.deepEqual(
    chains.map(({ id, symptom, root }) => [id, symptom.kind, symptom.op, symptom.count, root.what]),
    [
      ['c1', 'slow_call', 'cudaLaunchKernel', 1, 'its own code'],
      ['c2', 'failure', 'cudaMalloc', 3, 'cudaErrorMemoryAllocation (2)'],
      ['c3', 'failure', 'cudaFree', 1, 'cudaErrorInvalidValue (1)'],
    ],
  );
  assert.match(
    chains[1]?.summary ?? '',
    /failed 3 times with cudaErrorMemoryAllocation \(2\), 6 us in total: the code says that the device had no memory left/,
  );
});

test('a call that fails where there is no GPU says so; "not ready" of a query is no failure', () => {
  const none = answerOf(({ call }) => call(victim, 'cudaMalloc', 0, 2000, { ret: 100 }));
  assert.equal(none.verdict, 'explained');
  assert.match(none.chains[0]?.summary ?? '', /cudaErrorNoDevice \(100\).*there is no CUDA device/);
  const driver = answerOf(({ call }) => call(victim, 'cuMemAlloc', 0, 2000, { ret: 12345 }));
  assert.equal(driver.verdict, 'insufficient_evidence');
  assert.equal(driver.chains[0]?.root.what, 'CUresult 12345');
  const query = answerOf(({ call }) => call(victim, 'cudaEventQuery', 0, 2000, { ret: 600 }));
  assert.equal(query.verdict, 'healthy');
});
