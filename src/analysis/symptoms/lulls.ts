// Times in which a process made far fewer calls than it usually does: in a long recording they are too short to show in what a
// thread does most of the time. Knows how many calls there were in each second, not why they were few.
import type { Recording, Window } from '../../store/recording.ts';

/** A time of few calls, in whole seconds; `usual` is the number of calls of its process in a second. */
export type Lull = Window & { readonly pid: number; readonly usual: number };

/** Seconds with calls below which nothing tells what is usual: then all of a thread's time is looked at in one. */
const LEAST_LIFE = 60;
const LEAST_CALLS = 20;
/** Part of the usual number that is few. */
const FEW = 0.5;
/** Seconds of few calls one after another, at least, and as part of all. */
const LEAST_SECONDS = 3;
const LEAST_SHARE = 0.002;
/** The longest ones that are told. */
const MOST = 2;

const lengthOf = ({ start_ns, end_ns }: Window): number => end_ns - start_ns;

/** `counts` are calls by second, in order. */
const lullsIn = (pid: number, counts: ReadonlyMap<number, number>): readonly Lull[] => {
  const [first = 0] = counts.keys();
  const last = [...counts.keys()].at(-1) ?? 0;
  if (last - first < LEAST_LIFE) return [];
  // The first and the last are no whole seconds of the process.
  const seconds = Array.from({ length: last - first - 1 }, (_, i) => counts.get(first + 1 + i) ?? 0);
  const usual = seconds.toSorted((a, b) => a - b)[seconds.length >> 1] ?? 0;
  if (usual < LEAST_CALLS) return [];
  const least = Math.max(LEAST_SECONDS, LEAST_SHARE * seconds.length);
  const lulls: Lull[] = [];
  let from = 0;
  for (let i = 0; i <= seconds.length; i++) {
    if ((seconds[i] ?? usual) < FEW * usual) continue;
    if (i - from >= least)
      lulls.push({ pid, usual, start_ns: (first + 1 + from) * 1e9, end_ns: (first + 1 + i) * 1e9 });
    from = i + 1;
  }
  return lulls;
};

/** The longest lulls of a window, of all processes or of one, longest first. Each lies inside the life of its process. */
export const lullsOf = (recording: Recording, window: Window, pid?: number): readonly Lull[] => {
  // Of calls that were kept by choice and not counted, numbers say nothing.
  if (recording.lacks.has('row_counts')) return [];
  const processes = new Map<number, Map<number, number>>();
  for (const { second, pid: of, count } of recording.callsBySecond(window, pid)) {
    const counts = processes.get(of) ?? new Map<number, number>();
    if (counts.size === 0) processes.set(of, counts);
    counts.set(second, count);
  }
  return [...processes]
    .flatMap(([of, counts]) => lullsIn(of, counts))
    .sort((a, b) => lengthOf(b) - lengthOf(a) || a.start_ns - b.start_ns || a.pid - b.pid)
    .slice(0, MOST);
};
