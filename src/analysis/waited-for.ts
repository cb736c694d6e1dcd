// Whether a wait leads on: whether what its waker did meanwhile says more than that it was waited for.
import type { RootKind } from '../catalogue/root-kinds.ts';
import type { Recording, WaitRow, Window } from '../store/recording.ts';
import { hasTaskWaker, isServedFault, isStopped } from './causes/blocked.ts';
import type { Culprit } from './chain.ts';
import type { Hop } from './pieces.ts';

/** Kinds of waits that another thread may end by what it does. */
const FOR_OTHERS: ReadonlySet<RootKind> = new Set(['lock', 'gil', 'ipc', 'child', 'network', 'signal', 'unknown']);
/** Those that the hardware ends, or a thread of the kernel that works for the disk. A task of any other process only told of it. */
const FOR_DISKS: ReadonlySet<RootKind> = new Set(['page_fault', 'writeback', 'block_io']);
const MOST_HOPS = 16;
/** Waits that are followed in one walk: each costs a read. */
const MOST_FOLLOWED = 256;
/** The least wait that is followed, in ns and as part of the whole stretch. */
const LEAST_NS = 20_000;
const LEAST_SHARE = 0.002;
/** Kernel threads are children of kthreadd. */
const KTHREADD = 2;

const known = new WeakMap<Recording, ReadonlySet<number>>();
const kernelThreadsOf = (recording: Recording): ReadonlySet<number> => {
  const found = known.get(recording);
  if (found !== undefined) return found;
  const children = recording.processes().filter(({ parent_pid }) => parent_pid === KTHREADD);
  const pids = new Set(children.map(({ pid }) => pid));
  known.set(recording, pids);
  return pids;
};

/** `window` is the whole stretch that is walked. */
export const createWaitedFor = (recording: Recording, window: Window) => {
  const least = Math.max(LEAST_NS, LEAST_SHARE * (window.end_ns - window.start_ns));
  let followed = 0;
  const isKernelThread = (pid: number): boolean => pid === KTHREADD || kernelThreadsOf(recording).has(pid);
  return {
    /** Whether what a wait in a kernel thread was for is no answer: it waits for anything that comes. */
    waitsForAnything: (pid: number, cause: Culprit): boolean => !FOR_DISKS.has(cause.kind) && isKernelThread(pid),
    isKernelThread,
    /** A wait for a disk without the thread of the kernel that told of its end: that one did nothing of its own. */
    withoutKernel: <C extends Culprit>(cause: C): C =>
      FOR_DISKS.has(cause.kind) && isKernelThread(cause.pid) ? { ...cause, pid: 0, tid: 0, comm: '' } : cause,
    /** Whether to look at what `cause` did between two times; `path` leads to the thread that waits. */
    leadsOn: (wait: WaitRow, cause: Culprit, path: readonly Hop[], start: number, end: number): boolean => {
      // Who lets a stopped thread go on had it stopped: what it did meanwhile is not the reason.
      if (isStopped(wait)) return false;
      if (!hasTaskWaker(wait) || cause.tid === 0) return false;
      const byKernel = isKernelThread(cause.pid);
      const isForDisk = FOR_DISKS.has(cause.kind) && !isServedFault(wait);
      if (isForDisk ? !byKernel : byKernel || !(FOR_OTHERS.has(cause.kind) || isServedFault(wait))) return false;
      if (end - start < least || path.length >= MOST_HOPS || followed >= MOST_FOLLOWED) return false;
      // Two that wait for each other: neither is the cause of the other.
      const isKnown = cause.tid === wait.tid || path.some((hop) => hop.from_tid === cause.tid);
      if (isKnown) return false;
      followed++;
      return true;
    },
  };
};
