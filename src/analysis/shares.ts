// Parts of a whole as shares that sum to 1, and few enough of them to read.
import type { RootKind } from '../catalogue/root-kinds.ts';
import type { BreakdownPart } from './chain.ts';
import type { Part } from './walk.ts';

/** Shares have four decimals. */
const STEPS = 10_000;
/** Lines at most; parts that are named one by one unless told, and the smallest share of one. */
const LINES = 8;
const NAMED = 3;
const SMALLEST = 0.02;

/**
 * Shares of the durations in steps of 0.0001 that sum to exactly 1: what rounding down leaves goes to the largest
 * remainders (Hamilton's method). Without any duration all shares are 0.
 */
export const sharesOf = (durations: readonly number[]): readonly number[] => {
  const total = durations.reduce((sum, duration) => sum + duration, 0);
  if (total <= 0) return durations.map(() => 0);
  const exact = durations.map((duration) => (duration / total) * STEPS);
  const steps = exact.map(Math.floor);
  const left = STEPS - steps.reduce((sum, step) => sum + step, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, left)) steps[index] = (steps[index] ?? 0) + 1;
  return steps.map((step) => step / STEPS);
};

/** Parts that are too small for a line of their own, as one. */
const others = (kind: RootKind, parts: readonly Part[]): Omit<BreakdownPart, 'share'> => {
  const [only] = parts;
  const duration_ns = parts.reduce((sum, part) => sum + part.duration_ns, 0);
  if (parts.length === 1 && only !== undefined)
    return { kind, pid: only.pid, tid: only.tid, comm: only.comm, what: only.what, duration_ns };
  const processes = new Set(parts.map(({ pid }) => pid));
  const areProcesses = kind === 'runnable' && !processes.has(0) && processes.size === parts.length;
  const what = areProcesses ? `${parts.length} other processes` : `${parts.length} smaller parts`;
  return { kind, pid: 0, tid: 0, comm: '', what, duration_ns };
};

/** The largest parts one by one and the rest added up by kind. Durations and shares keep their sums. */
export const breakdownOf = (parts: readonly Part[], most = NAMED): readonly BreakdownPart[] => {
  const total = parts.reduce((sum, { duration_ns }) => sum + duration_ns, 0);
  const isNamed = (part: Part, index: number) => index < most && part.duration_ns >= SMALLEST * total;
  const rest = parts.filter((part, index) => !isNamed(part, index));
  const kinds = [...new Set(rest.map(({ kind }) => kind))];
  const shown = kinds.length <= LINES - most ? kinds : kinds.slice(0, LINES - most - 1);
  const hidden = rest.filter(({ kind }) => !shown.includes(kind));
  const listed = [
    ...parts
      .filter(isNamed)
      .map(({ kind, pid, tid, comm, what, duration_ns }) => ({ kind, pid, tid, comm, what, duration_ns })),
    ...shown.map((kind) =>
      others(
        kind,
        rest.filter((part) => part.kind === kind),
      ),
    ),
    ...(hidden.length === 0 ? [] : [others('unknown', hidden)]),
  ];
  const shares = sharesOf(listed.map(({ duration_ns }) => duration_ns));
  return listed.map((part, index) => ({ ...part, share: shares[index] ?? 0 }));
};

/** Time by kind of cause, in ns. */
export const timeByKind = (parts: readonly Part[]): ReadonlyMap<RootKind, number> => {
  const times = new Map<RootKind, number>();
  for (const { kind, duration_ns } of parts) times.set(kind, (times.get(kind) ?? 0) + duration_ns);
  return times;
};
