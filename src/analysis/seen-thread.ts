// Whether the recording would tell if a thread had waited. Where it knows nothing of a thread, that this one ran is a guess.
import type { Recording, Window } from '../store/recording.ts';

/** Around a stretch of time: who runs at all sleeps again before long, or is traced. */
const AROUND_NS = 1e9;

const traced = new WeakMap<Recording, ReadonlySet<number>>();

const tracedIn = (recording: Recording): ReadonlySet<number> => {
  const known =
    traced.get(recording) ??
    new Set(
      recording
        .processes()
        .filter((process) => process.tracked === 1)
        .map(({ pid }) => pid),
    );
  traced.set(recording, known);
  return known;
};

const seen = new WeakMap<Recording, Set<number>>();

/** A thread of a traced process, or one of which an interval off the CPU was found within a second of any stretch asked for. */
export const isSeen = (
  recording: Recording,
  { pid, tid }: { readonly pid: number; readonly tid: number },
  { start_ns, end_ns }: Window,
): boolean => {
  if (tracedIn(recording).has(pid)) return true;
  const threads = seen.get(recording) ?? new Set<number>();
  seen.set(recording, threads);
  if (threads.has(tid)) return true;
  const around = { start_ns: start_ns - AROUND_NS, end_ns: end_ns + AROUND_NS };
  if (recording.waitsOf(tid, around).length === 0) return false;
  threads.add(tid);
  return true;
};
