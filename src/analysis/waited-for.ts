// Whether a wait leads on: whether what its waker did meanwhile says more than that it was waited for.
import type { RootKind } from '../catalogue/root-kinds.ts';
import type { Recording, WaitRow, Window } from '../store/recording.ts';
import { hasTaskWaker } from './causes/blocked.ts';
import type { Culprit } from './chain.ts';
import type { Hop } from './pieces.ts';

/** Kinds of waits that another thread ends by what it does. Of disks and devices the end comes from the hardware. */
const FOR_OTHERS: ReadonlySet<RootKind> = new Set(['lock', 'gil', 'ipc', 'child', 'network', 'signal', 'unknown']);
const MOST_HOPS = 16;
/** Waits that are followed in one walk: each costs a read. */
const MOST_FOLLOWED = 256;
/** The least wait that is followed, in ns and as part of the whole stretch. */
const LEAST_NS = 20_000;
const LEAST_SHARE = 0.002;
/** Kernel threads are children of kthreadd. */
const KTHREADD = 2;

/** `window` is the whole stretch that is walked. */
export const createWaitedFor = (recording: Recording, window: Window) => {
  const least = Math.max(LEAST_NS, LEAST_SHARE * (window.end_ns - window.start_ns));
  let followed = 0;
  let kernelThreads: ReadonlySet<number> | undefined;
  const isKernelThread = (pid: number): boolean => {
    kernelThreads ??= new Set(
      recording
        .processes()
        .filter((process) => process.parent_pid === KTHREADD)
        .map((process) => process.pid),
    );
    return pid === KTHREADD || kernelThreads.has(pid);
  };
  return {
    /** Whether to look at what `cause` did between two times; `path` leads to the thread that waits. */
    leadsOn: (wait: WaitRow, cause: Culprit, path: readonly Hop[], start: number, end: number): boolean => {
      if (!FOR_OTHERS.has(cause.kind) || !hasTaskWaker(wait) || cause.tid === 0) return false;
      if (end - start < least || path.length >= MOST_HOPS || followed >= MOST_FOLLOWED) return false;
      // Two that wait for each other: neither is the cause of the other.
      const isKnown = cause.tid === wait.tid || path.some((hop) => hop.from_tid === cause.tid);
      if (isKnown || isKernelThread(cause.pid)) return false;
      followed++;
      return true;
    },
  };
};
