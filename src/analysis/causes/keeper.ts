// Who kept Python's lock while a wait for it ran into its time-out, and gave it up just before the thread looked again: nobody
// woke that thread, so its row names nobody. The other one begins to wait for the lock in that moment, and this one wakes it.
import type { Recording, WaitRow } from '../../store/recording.ts';
import { recordingWithin } from '../within.ts';
import { hasTaskWaker, joinTimeouts } from './blocked.ts';

/** How far around a wait others are looked for who gave the lock to the same thread, in ns: twenty of Python's switch intervals. */
const NEAR_NS = 100e6;
/** The lock changes hands within so many ns. */
const HANDOVER_NS = 100_000;
/** Waits for which a keeper is looked for at once. */
const MOST = 256;

const endOf = ({ start_ns, duration_ns }: WaitRow): number => start_ns + duration_ns;
const isForPython = ({ kind }: WaitRow): boolean => kind === 'gil';

/** Other threads of the process that ended waits of this one for the lock, by their ids. */
const giversNear = (recording: Recording, wait: WaitRow): ReadonlyMap<number, WaitRow> => {
  const near = { start_ns: wait.start_ns - NEAR_NS, end_ns: endOf(wait) + NEAR_NS };
  return new Map(
    recording
      .waitsOf(wait.tid, near)
      .filter((one) => isForPython(one) && hasTaskWaker(one) && one.waker_pid === wait.pid)
      .flatMap((one) => (one.waker_tid === null || one.waker_tid === wait.tid ? [] : [[one.waker_tid, one] as const])),
  );
};

/** Whether a thread did not block during the wait, and waited for the lock itself as soon as the wait was over. */
const kept = (recording: Recording, tid: number, wait: WaitRow): boolean => {
  const end = endOf(wait);
  const its = recording.waitsOf(tid, { start_ns: wait.start_ns, end_ns: end + HANDOVER_NS });
  const handover = its.find(
    (one) => isForPython(one) && Math.abs(one.start_ns - end) <= HANDOVER_NS && one.waker_tid === wait.tid,
  );
  return (
    handover !== undefined &&
    its.every((one) => {
      const isBetween = one.start_ns > wait.start_ns + HANDOVER_NS && one.start_ns < handover.start_ns;
      return one.blocked_ns === 0 || !isBetween;
    })
  );
};

/** A wait with who ended it. `isKept`: that one had kept Python's lock, and woke nobody. */
export type EndedWait = WaitRow & { readonly isKept?: true };

/** The waits of one thread, those for Python's lock that ran into their time-out with the one who had kept it, where that shows. */
const withKeepers = (recording: Recording, waits: readonly WaitRow[]): readonly EndedWait[] => {
  const timedOut = waits.filter((wait) => isForPython(wait) && wait.waker_context === 'timer').slice(0, MOST);
  const [first] = timedOut;
  if (first === undefined) return waits;
  const start_ns = timedOut.reduce((least, wait) => Math.min(least, wait.start_ns), first.start_ns) - NEAR_NS;
  const end_ns = timedOut.reduce((most, wait) => Math.max(most, endOf(wait)), 0) + NEAR_NS;
  // The same few threads are looked at again and again.
  const near = recordingWithin(recording, { start_ns, end_ns });
  const keepers = new Map<WaitRow, EndedWait>();
  for (const wait of timedOut)
    for (const [tid, { waker_pid, waker_comm }] of giversNear(near, wait)) {
      if (!kept(near, tid, wait)) continue;
      const keeper = { waker_tid: tid, waker_pid, waker_comm, waker_syscall: null };
      keepers.set(wait, { ...wait, waker_context: 'task', ...keeper, isKept: true });
      break;
    }
  return waits.map((wait) => keepers.get(wait) ?? wait);
};

/**
 * The waits of one thread, given in the order of their start, each with who ended it: what ran into its time-out and waited on
 * takes over who ended the wait after it, or who had kept Python's lock meanwhile.
 */
export const endedWaits = (recording: Recording, waits: readonly WaitRow[]): readonly EndedWait[] =>
  joinTimeouts(withKeepers(recording, joinTimeouts(waits)));
