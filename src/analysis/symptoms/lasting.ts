// Finds a lasting slowness in a row of stretches that should all take about the same time: steps of a loop, or equal numbers
// of calls. Judges lengths only. What is slow from the beginning is how the program is, or its warm-up.
import type { Window } from '../../store/recording.ts';

export type Lasting<T> = {
  /** Length of a usual stretch in ns. */
  readonly usual_ns: number;
  /** Those of the slow time, and those of the time before it, in order. */
  readonly slow: readonly T[];
  readonly usual: readonly T[];
  /** What the slow ones took beyond the usual, all together. */
  readonly excess_ns: number;
};

/** Stretches are judged in blocks, by their middle one, so that a few odd ones decide nothing. */
const MOST_BLOCKS = 48;
const LEAST_BLOCKS = 8;
const IN_BLOCK = 5;
/** How much longer a slow block is, beside three times what the quicker half of the blocks vary. */
const FACTOR = 1.3;
const SPREADS = 3;
const LEAST_NS = 50_000;
/** Blocks one after another that make it lasting, as many or this part of all. */
const RUN = 3;
const RUN_SHARE = 0.1;
/** Blocks at the beginning that are warm-up, and how many of those before the first slow one must be usual. */
const WARM_UP = 2;
const MOSTLY = 0.7;

const lengthOf = ({ start_ns, end_ns }: Window): number => end_ns - start_ns;
const middleOf = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** Stretches of blocks from `first` to `last`, both included. */
type Run = { readonly first: number; readonly last: number };

/** Runs of slow blocks; one that is not slow between two that are belongs to them. */
const runsOf = (isSlow: readonly boolean[], least: number): readonly Run[] => {
  const runs: { first: number; last: number }[] = [];
  for (const [i, slow] of isSlow.entries()) {
    const run = runs.at(-1);
    if (!slow) continue;
    if (run !== undefined && i - run.last <= 2) run.last = i;
    else runs.push({ first: i, last: i });
  }
  return runs.filter(({ first, last }) => last - first + 1 >= least);
};

/** The lasting slowness in stretches that are given in the order of time; undefined when there is none. */
export const lastingSlowness = <T extends Window>(stretches: readonly T[]): Lasting<T> | undefined => {
  const size = Math.max(IN_BLOCK, Math.ceil(stretches.length / MOST_BLOCKS));
  const count = Math.floor(stretches.length / size);
  if (count < LEAST_BLOCKS) return undefined;
  const blocks = Array.from({ length: count }, (_, i) => stretches.slice(i * size, (i + 1) * size));
  const lengths = blocks.map((block) => middleOf(block.map(lengthOf)));
  const sorted = lengths.toSorted((a, b) => a - b);
  const usual_ns = sorted[Math.floor(count / 4)] ?? 0;
  const spread = middleOf(sorted.slice(0, Math.ceil(count / 2)).map((length) => Math.abs(length - usual_ns)));
  const least = Math.max(FACTOR * usual_ns, usual_ns + SPREADS * spread, usual_ns + LEAST_NS);
  const isSlow = lengths.map((length) => length >= least);
  const runs = runsOf(isSlow, Math.max(RUN, Math.ceil(RUN_SHARE * count)));
  // Slow from the beginning on, and again: parts of a program that take turns.
  const late = runs.filter(({ first }) => first >= WARM_UP);
  const [run] = late;
  if (run === undefined || late.length < runs.length) return undefined;
  const before = isSlow.slice(WARM_UP, run.first);
  if (before.length > 0 && before.filter((slow) => !slow).length < MOSTLY * before.length) return undefined;
  const slow = late.flatMap(({ first, last }) => blocks.slice(first, last + 1).flat());
  const usual = blocks.filter((_, i) => i < run.first && isSlow[i] === false).flat();
  const excess_ns = slow.reduce((sum, stretch) => sum + lengthOf(stretch) - usual_ns, 0);
  return usual.length === 0 || excess_ns <= 0 ? undefined : { usual_ns, slow, usual, excess_ns };
};
