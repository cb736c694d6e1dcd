import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded, type Scene } from '../../test/recorded.ts';
import type { Recording } from '../store/recording.ts';
import { attribute } from './walk.ts';

const victim = { pid: 100, tid: 101, comm: 'python3' };
const pager = { pid: 100, tid: 150, comm: 'pager' };
const relay = { pid: 300, tid: 301, comm: 'relay' };
const worker = { pid: 7, tid: 7, comm: 'kworker/u8:1' };
const hog = { pid: 4711, tid: 4711, comm: 'stress' };
const us = 1000;
const DISK = 254 << 20;
const FILE = { file_type: 4, state: 2, tracked: 1 } as const;

/** A request of a disk with times in us; null where it is not known when it was queued. */
const request = ({ writer }: Scene, queued: number | null, issued: number, completed: number, op = 0) =>
  writer.waits.blockRequest({
    ...{ start: (queued ?? issued) * us, queued: queued === null ? null : queued * us, issued: issued * us },
    ...{ completed: completed * us, device: DISK, sector: 8, bytes: 4096, op, error: 0 },
    thread: writer.threadId(victim.pid, victim.tid, victim.comm),
  });

const asKernelThread = ({ writer }: Scene, { pid, comm }: typeof worker) =>
  writer.process({
    ...{ pid, comm, start_ns: 0, end_ns: null, exe: null, args: null, parent_pid: 2, uid: 0 },
    ...{ cgroup: null, container: null, tracked: 0, exit_code: null, note: null },
  });

/** "grade kind comm what <- way: us" of each part, longest first; they add up to 1 ms. */
const partsOf = (build: (scene: Scene) => void, facts: Readonly<Record<string, number>> = {}) => {
  const read = (recording: Recording) => {
    const window = { start_ns: 0, end_ns: 1000 * us };
    const { parts } = attribute(recording, { ...victim, op: 'cudaLaunchKernel', role: 'launch' }, window);
    assert.equal(
      parts.reduce((sum, { duration_ns }) => sum + duration_ns, 0),
      1000 * us,
    );
    return parts.map(({ kind, comm, what, path, duration_ns, grade }) => {
      const way = path.map((hop) => `${hop.kind} ${hop.to.comm}`).join(' < ');
      return `${grade} ${kind} ${comm} ${what}${way === '' ? '' : ` < ${way}`}: ${duration_ns / us}`;
    });
  };
  return recorded(build, read, facts);
};

test('a wait for a disk is split by where its request was', () => {
  const parts = partsOf((scene) => {
    const slow = request(scene, 600, 700, 900);
    scene.wait(victim, 100 * us, 800 * us, { ...FILE, syscall: 'pread64', iowait: 1, waker_context: 5, request: slow });
  });
  assert.deepEqual(parts, [
    'A block_io  pread64 on a file, held back before disk 254:0: 500',
    'A on_cpu python3 its own code: 200',
    'A block_io  pread64 on a file, in disk 254:0: 200',
    'A block_io  pread64 on a file, queued at disk 254:0: 100',
  ]);
});

test('of a request of which it is not known when it was queued all before the disk had it is its queue', () => {
  const parts = partsOf((scene) => {
    const flush = request(scene, null, 700, 1000, 1);
    scene.wait(victim, 0, 1000 * us, { ...FILE, syscall: 'fsync', waker_context: 5, request: flush });
  });
  assert.deepEqual(parts, [
    'A writeback  fsync on a file, queued at disk 254:0: 700',
    'A writeback  fsync on a file, in disk 254:0: 300',
  ]);
});

test('what a thread of the kernel waited for is what the wait for it was: its disk, and a CPU that it did not get', () => {
  const parts = partsOf((scene) => {
    asKernelThread(scene, worker);
    scene.wait(victim, 0, 1000 * us, { ...FILE, syscall: 'fsync', waker: worker });
    const mine = request(scene, 0, 100, 500, 1);
    const idle = { state: 2, kernel_thread: 1, tracked: 0 } as const;
    scene.wait(worker, 0, 500 * us, { ...idle, waker_context: 5, request: mine, runnable: 300 * us, cpu: 1 });
    scene.slice(hog, 1, 500 * us, 300 * us);
  });
  assert.deepEqual(parts, [
    'B writeback  fsync on a file, in disk 254:0: 400',
    'B writeback  fsync on a file, kworker without a CPU behind stress (pid 4711): 300',
    'B writeback  fsync on a file: 200',
    'B writeback  fsync on a file, queued at disk 254:0: 100',
  ]);
});

test('what a kernel thread idled for is nobody’s business', () => {
  const parts = partsOf((scene) => {
    asKernelThread(scene, worker);
    scene.wait(victim, 0, 1000 * us, { ...FILE, syscall: 'fsync', waker: worker });
    scene.wait(worker, 0, 800 * us, { state: 2, kernel_thread: 1, tracked: 0, waker: relay });
    scene.wait(relay, 0, 800 * us, { tracked: 0, syscall: 'nanosleep', waker_context: 2 });
  });
  assert.deepEqual(parts, ['B writeback  fsync on a file: 1000']);
});

test('a page fault that a program serves is what that program did', () => {
  const parts = partsOf(({ wait }) => {
    wait(victim, 0, 1000 * us, { waker: pager, waker_syscall: 'ioctl' });
    wait(pager, 100 * us, 900 * us, { syscall: 'nanosleep', waker_context: 2 });
  });
  assert.equal(parts[0], 'B sleep pager nanosleep < page_fault pager: 900');
});

test('data that a process of this host sends is what that process did; of other data the far end is named', () => {
  const inet = { syscall: 'recvfrom', file_type: 3, waker_context: 4 } as const;
  const parts = partsOf((scene) => {
    const { waits } = scene.writer;
    const file = waits.fileId({
      ...{ inode: 7, device: 0, type: 3, name: 'socket:[7]', local: '10.0.0.1:5', remote: '10.0.0.2:80' },
      ...{ peer_pid: 21, peer_comm: 'nginx' },
    });
    scene.wait(victim, 0, 600 * us, { ...inet, file, waker: relay, waker_syscall: 'sendto' });
    scene.wait(relay, 0, 600 * us, { syscall: 'nanosleep', waker_context: 2, tracked: 0 });
    scene.wait(victim, 600 * us, 400 * us, { ...inet, file });
  });
  assert.deepEqual(parts, [
    'B sleep relay nanosleep < network relay: 600',
    'B network  recvfrom on a network socket to 10.0.0.2:80 (nginx, pid 21): 400',
  ]);
});

test('who waits for the recorder waits for nothing else, whatever the recorder waits for', () => {
  const recorder = { pid: 900, tid: 900, comm: 'MainThread' };
  const parts = partsOf(
    (scene) => {
      scene.wait(victim, 0, 1000 * us, { ...FILE, syscall: 'write', activity: 'kernel_lock', waker: recorder });
      const own = request(scene, 0, 100, 900, 1);
      scene.wait(recorder, 0, 900 * us, { ...FILE, syscall: 'pwrite64', iowait: 1, waker_context: 5, request: own });
    },
    { recorder_pid: recorder.pid },
  );
  assert.deepEqual(parts, ['B observer whytrace itself write on a file: 1000']);
});
