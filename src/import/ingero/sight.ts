// When each thread was in sight: from its first row to its last, without stretches of which rows are missing or in which it
// was silent for far longer than it ever is. Outside of them neither running nor waiting may be claimed.
import { BUCKETS, bucketOf, quantile } from '../../base/histogram.ts';

export type Stretch = { readonly start: number; readonly end: number };
export type Silence = Stretch & { readonly tid: number; readonly usual_ns: number };

/** Shorter than this no silence is remarkable, in ns. */
const SHORTEST = 1e9;
/** So many times its usual longest stretch without a row, which is the 99th percentile of all of them. */
const FACTOR = 10;
const USUAL = 0.99;
/** Of fewer rows nothing is usual. */
const ENOUGH = 50;
/** Long silences of a thread that are remembered. */
const MOST = 10_000;

type Seen = {
  first: number;
  last: number;
  rows: number;
  waits: boolean;
  calls: boolean;
  readonly gaps: Float64Array;
  readonly long: Stretch[];
};

/** A stretch without those that are taken out of it; both in order of their start. */
export const without = (whole: Stretch, cuts: readonly Stretch[]): readonly Stretch[] => {
  const left: Stretch[] = [];
  let from = whole.start;
  for (const { start, end } of cuts) {
    if (end <= from || start >= whole.end) continue;
    if (start > from) left.push({ start: from, end: start });
    from = Math.max(from, end);
  }
  if (from < whole.end) left.push({ start: from, end: whole.end });
  return left;
};

export const createSight = () => {
  const threads = new Map<number, Seen>();
  return {
    /** A row of a thread, in the order of their times. */
    saw: (tid: number, { start, end }: Stretch, what: 'wait' | 'call' | 'other'): void => {
      const found = threads.get(tid);
      const seen = found ?? {
        ...{
          first: start,
          last: start,
          rows: 0,
          waits: false,
          calls: false,
          gaps: new Float64Array(BUCKETS),
          long: [],
        },
      };
      if (found === undefined) threads.set(tid, seen);
      seen.first = Math.min(seen.first, start);
      const gap = Math.max(0, start - seen.last);
      const bucket = bucketOf(gap);
      seen.gaps[bucket] = (seen.gaps[bucket] ?? 0) + 1;
      if (gap >= SHORTEST && seen.long.length < MOST) seen.long.push({ start: seen.last, end: start });
      seen.last = Math.max(seen.last, end);
      seen.rows++;
      seen.waits ||= what === 'wait';
      seen.calls ||= what === 'call';
    },
    /** Silences of which the rows do not say whether the thread ran or its rows were lost. */
    silences: (): readonly Silence[] =>
      [...threads].flatMap(([tid, { gaps, long, rows }]) => {
        const usual_ns = quantile(gaps, USUAL, Number.MAX_SAFE_INTEGER);
        return rows < ENOUGH
          ? []
          : long.filter(({ start, end }) => end - start >= FACTOR * usual_ns).map((gap) => ({ ...gap, tid, usual_ns }));
      }),
    /** Threads with calls and without any interval off the CPU. */
    unseen: (): readonly ({ readonly tid: number } & Stretch)[] =>
      [...threads].flatMap(([tid, { calls, waits, first, last }]) =>
        calls && !waits ? [{ tid, start: first, end: last }] : [],
      ),
    /** Where each thread with intervals off the CPU was in sight; `cutsOf` are the stretches that were not, in any order. */
    lives: (cutsOf: (tid: number) => readonly Stretch[]): readonly ({ readonly tid: number } & Stretch)[] =>
      [...threads]
        .filter(([, { waits }]) => waits)
        .flatMap(([tid, { first, last }]) => {
          const cuts = cutsOf(tid).toSorted((a, b) => a.start - b.start);
          return without({ start: first, end: last }, cuts).map((stretch) => ({ tid, ...stretch }));
        }),
  };
};

export type Sight = ReturnType<typeof createSight>;
