// Time between the calls of a thread in which the device had nothing to do: the host was late. Judges durations and the
// order of calls only, not why.

import type { SteppingCall } from '../../store/read-gaps.ts';
import type { Recording, Window } from '../../store/recording.ts';

/** Between two calls of a thread. `after` ends it. Times in ns. */
export type Gap = Window & { readonly after: SteppingCall };

/** The gaps of one thread that matter. */
export type ThreadGaps = {
  readonly pid: number;
  readonly tid: number;
  /** Part of its time that was looked at, 0 to 1: span, count and total are of all that it stands for. */
  readonly share: number;
  /** From its first call to its last, in ns. */
  readonly span_ns: number;
  /** The longest of them, longest first. */
  readonly gaps: readonly Gap[];
  /** Of the others all, or where they are many some that lie evenly in the order of their length. */
  readonly others: readonly Gap[];
  /** All of them, also those that are not listed; an estimate where not all was looked at. */
  readonly count: number;
  readonly total_ns: number;
  /** The middle one's length. */
  readonly median_ns: number;
  /** Whether the device is known to have been idle: false where nothing in the calls tells. */
  readonly isDrained: boolean;
};

/** Below this no gap is looked at, in ns: it is the host's usual work between two calls. */
const FLOOR = 1e6;
/** Longest gaps that are kept of a thread, and others; each costs a few reads, which are dear in a large recording. */
const KEPT = 48;
const OTHERS = 400;
const FEW_OTHERS = 24;
const MANY_WAITS = 500_000;
/** Calls below which a thread has no rhythm. */
const LEAST_CALLS = 8;
/** A wait for the device that is so short against the gaps before it finds the device idle. */
const FOUND_IDLE = 0.1;
/**
 * And in ns, for the gap that it ends: one that takes longer has something to wait for, which was handed over before that gap, so
 * that the device was busy all along.
 */
const AT_ONCE_NS = 200_000;

/** Losses that mean a thread whose time was not seen. */
const OUT_OF_SIGHT: ReadonlySet<string> = new Set(['thread_silent', 'thread_unseen', 'shed_call']);

const HANDS_WORK: ReadonlySet<string> = new Set(['launch', 'copy', 'fill', 'graph']);
export const handsWork = ({ role }: SteppingCall): boolean => HANDS_WORK.has(role);

/** Whether all work of the thread is done when the call returns. A copy that is not asynchronous waits for it. */
export const drains = ({ role, op }: SteppingCall): boolean =>
  role === 'sync' || (role === 'copy' && !op.includes('Async') && !op.includes('Peer'));

type Seen = {
  readonly pid: number;
  readonly tid: number;
  last: SteppingCall | undefined;
  calls: number;
  span: number;
  /** Work that was handed over since the device was last known to be idle. */
  pending: number;
  /** Whether it ever hands work to the device. */
  works: boolean;
  /** Gaps since then: whether the device was idle in them, the next wait for it tells. */
  open: Gap[];
  waits: number;
  readonly starved: Gap[];
};

const lengthOf = ({ start_ns, end_ns }: Window): number => end_ns - start_ns;
const sumOf = (gaps: readonly Gap[]): number => gaps.reduce((sum, gap) => sum + lengthOf(gap), 0);

/** Of the gaps before a call that waits for the device those in which that was idle. A copy takes the time for its own bytes besides. */
const idleIn = (open: readonly Gap[], call: SteppingCall): readonly Gap[] => {
  const took = lengthOf(call);
  if (took >= FOUND_IDLE * sumOf(open)) return [];
  return call.role === 'sync' && took >= AT_ONCE_NS ? open.filter(({ after }) => after !== call) : open;
};

const see = (seen: Seen, call: SteppingCall, isSeen: (gap: Gap) => boolean) => {
  const { last } = seen;
  const isNext = last !== undefined && last.stretch === call.stretch && call.start_ns >= last.end_ns;
  if (last !== undefined && last.stretch !== call.stretch) {
    seen.open = [];
    seen.pending = 0;
  }
  if (isNext) {
    seen.span += call.end_ns - last.end_ns;
    const gap = { start_ns: last.end_ns, end_ns: call.start_ns, after: call };
    if (lengthOf(gap) >= FLOOR && isSeen(gap)) (seen.pending === 0 ? seen.starved : seen.open).push(gap);
  }
  seen.calls++;
  seen.last = call;
  if (drains(call)) {
    seen.waits++;
    seen.starved.push(...idleIn(seen.open, call));
    seen.open = [];
    seen.pending = 0;
  } else if (handsWork(call)) {
    seen.pending++;
    seen.works = true;
  }
};

/** So many of a list, evenly spaced. */
const evenly = <T>(list: readonly T[], most: number): readonly T[] =>
  list.length <= most
    ? list
    : Array.from({ length: most }, (_, i) => list[Math.floor(((i + 0.5) * list.length) / most)]).filter(
        (one) => one !== undefined,
      );

const resultOf = (seen: Seen, most: number, share: number): ThreadGaps => {
  const { pid, tid } = seen;
  // A thread that never waits for the device: nothing tells when that was idle, but that the host was late is seen.
  const isDrained = seen.waits > 0;
  const all = (isDrained ? seen.starved : [...seen.starved, ...seen.open]).toSorted(
    (a, b) => lengthOf(b) - lengthOf(a) || a.start_ns - b.start_ns,
  );
  const middle = all[Math.floor(all.length / 2)];
  return {
    ...{ pid, tid, share, span_ns: Math.round(seen.span / share), gaps: all.slice(0, KEPT) },
    ...{ count: Math.round(all.length / share), total_ns: Math.round(sumOf(all) / share) },
    others: evenly(all.slice(KEPT), most),
    median_ns: middle === undefined ? 0 : lengthOf(middle),
    isDrained,
  };
};

/**
 * The threads that make calls in a rhythm, with the gaps between them in which the device starved; most time first. `rows` may be
 * looked at, of more some that lie evenly.
 */
export const gapsOf = (recording: Recording, window: Window, pid?: number, rows?: number): readonly ThreadGaps[] => {
  const unseen = recording.losses(window).filter(({ reason }) => OUT_OF_SIGHT.has(reason));
  const isSeen = (gap: Gap) => unseen.every(({ start_ns, end_ns }) => end_ns <= gap.start_ns || start_ns >= gap.end_ns);
  const threads = new Map<number, Seen>();
  const { calls: stepping, share } = recording.steppingCalls(window, pid, rows);
  for (const call of stepping) {
    let seen = threads.get(call.tid);
    if (seen === undefined || seen.pid !== call.pid) {
      seen = {
        ...{ pid: call.pid, tid: call.tid, last: undefined, calls: 0, span: 0, pending: 0, waits: 0, works: false },
        ...{ open: [], starved: [] },
      };
      threads.set(call.tid, seen);
    }
    see(seen, call, isSeen);
  }
  const most = recording.rowCounts().waits > MANY_WAITS ? FEW_OTHERS : OTHERS;
  return [...threads.values()]
    .filter(({ calls, works }) => works && calls >= LEAST_CALLS)
    .map((seen) => resultOf(seen, most, share))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.total_ns - a.total_ns || a.tid - b.tid);
};
