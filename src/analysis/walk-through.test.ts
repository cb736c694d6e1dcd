import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded, type Scene } from '../../test/recorded.ts';
import { attribute } from './walk.ts';

const victim = { pid: 100, tid: 101, comm: 'python3' };
const holder = { pid: 100, tid: 150, comm: 'loader' };
const writer = { pid: 300, tid: 301, comm: 'writer' };
const hog = { pid: 4711, tid: 4711, comm: 'stress' };
const WINDOW = { start_ns: 0, end_ns: 1_000_000 };
const futex = { syscall: 'futex', arg0: 0x7000 };
const us = 1000;
const forLock = { syscall: 'futex', arg0: 0x9000, gil: 1 } as const;

/** "kind comm <- way: us" of each part, longest first. */
const partsOf = (build: (scene: Scene) => void) =>
  recorded(build, (recording) => {
    const { parts, closure } = attribute(recording, { ...victim, op: 'cudaLaunchKernel', role: 'launch' }, WINDOW);
    assert.equal(closure, 1);
    assert.equal(
      parts.reduce((sum, { duration_ns }) => sum + duration_ns, 0),
      1_000_000,
    );
    return parts.map(({ kind, comm, path, duration_ns, grade }) => {
      const way = path.map((hop) => `${hop.kind} ${hop.to.comm}`).join(' < ');
      return `${grade} ${kind} ${comm}${way === '' ? '' : ` < ${way}`}: ${duration_ns / us}`;
    });
  });

test('a lock whose holder waits for a CPU is the doing of who has that CPU', () => {
  const parts = partsOf(({ wait, slice }) => {
    wait(victim, 100 * us, 800 * us, { ...futex, waker: holder, matched: 1 });
    wait(holder, 200 * us, 0, { runnable: 600 * us, cpu: 1 });
    slice(hog, 1, 200 * us, 600 * us);
  });
  assert.deepEqual(parts, [
    'B runnable stress < lock loader: 600',
    'A on_cpu python3: 200',
    'B on_cpu loader < lock loader: 200',
  ]);
});

test('a lock whose holder computes is the doing of its holder', () => {
  const parts = partsOf(({ wait }) => {
    wait(victim, 0, 900 * us, { ...futex, waker: holder, matched: 1 });
    wait(holder, 2_000 * us, 10 * us, { syscall: 'nanosleep' });
  });
  assert.deepEqual(parts, ['B on_cpu loader < lock loader: 900', 'A on_cpu python3: 100']);
});

test('the way leads through several threads and processes', () => {
  const parts = partsOf(({ wait, slice }) => {
    wait(victim, 0, 1000 * us, { ...futex, waker: holder, matched: 1 });
    wait(holder, 0, 900 * us, { syscall: 'read', file_type: 1, waker: writer, waker_syscall: 'write' });
    wait(writer, 0, 300 * us, { syscall: 'nanosleep', waker_context: 2 });
    wait(writer, 300 * us, 0, { runnable: 500 * us, cpu: 0 });
    slice(hog, 0, 300 * us, 500 * us);
  });
  assert.deepEqual(parts, [
    'B runnable stress < lock loader < ipc writer: 500',
    'B sleep writer < lock loader < ipc writer: 300',
    'B on_cpu writer < lock loader < ipc writer: 100',
    'B on_cpu loader < lock loader: 100',
  ]);
});

test('threads that wait for each other end the way', () => {
  const parts = partsOf(({ wait }) => {
    wait(victim, 0, 1000 * us, { ...futex, waker: holder });
    wait(holder, 0, 600 * us, { ...futex, waker: victim });
  });
  assert.deepEqual(parts, ['B lock python3 < lock loader: 600', 'B on_cpu loader < lock loader: 400']);
});

test('looks of a waiter at the GIL, and at a lock, are one wait for who gave it up', () => {
  const parts = partsOf(({ wait }) => {
    wait(victim, 0, 500 * us, { ...forLock, waker_context: 2 });
    wait(victim, 500 * us, 400 * us, { ...forLock, waker: holder });
  });
  assert.deepEqual(parts, ['B gil loader: 900', 'A on_cpu python3: 100']);
});

test('who gave up the GIL in the moment in which a wait for it ran into its time-out had kept it', () => {
  const parts = partsOf(({ wait }) => {
    wait(victim, 0, 500 * us, { ...forLock, waker_context: 2 });
    wait(holder, 520 * us, 180 * us, { ...forLock, waker: victim });
    wait(victim, 700 * us, 200 * us, { ...forLock, arg0: 0x9004, waker: holder });
  });
  assert.deepEqual(parts, ['B gil loader: 500', 'A on_cpu python3: 300', 'B gil loader: 200']);
});

test('who slept while another waited for the GIL did not keep it', () => {
  const parts = partsOf(({ wait }) => {
    wait(victim, 0, 500 * us, { ...forLock, waker_context: 2 });
    wait(holder, 150 * us, 300 * us, { syscall: 'nanosleep', waker_context: 2 });
    wait(holder, 520 * us, 180 * us, { ...forLock, waker: victim });
    wait(victim, 700 * us, 200 * us, { ...forLock, arg0: 0x9004, waker: holder });
  });
  assert.deepEqual(parts, ['D gil : 500', 'A on_cpu python3: 300', 'B gil loader: 200']);
});

test('what a device does is not looked for in the thread that told of it', () => {
  const parts = partsOf(({ wait }) => {
    wait(victim, 0, 900 * us, { syscall: 'pread64', file_type: 4, iowait: 1, state: 2, waker: writer });
    wait(writer, 0, 900 * us, { syscall: 'nanosleep', waker_context: 2 });
  });
  assert.deepEqual(parts, ['B block_io writer: 900', 'A on_cpu python3: 100']);
});
