// Parts of a whole as shares that sum to 1, and few enough of them to read.
import type { RootKind } from '../catalogue/root-kinds.ts';
import type { BreakdownPart } from './chain.ts';
import { whatOf } from './pieces.ts';
import type { Part } from './walk.ts';

/** Shares have four decimals, those of a breakdown three. */
const STEPS = 10_000;
const STEPS_OF_PARTS = 1000;
/** Lines at most; parts that are named one by one unless told, and the smallest share of one. */
const LINES = 8;
const NAMED = 3;
const SMALLEST = 0.02;
/** The same of a part that is alone of its kind, where there is little room. */
const SMALLEST_ALONE = 0.1;

/**
 * Shares of the durations in steps of 0.0001, or of 1 in `of`, that sum to exactly 1: what rounding down leaves goes to the
 * largest remainders (Hamilton's method). Without any duration all shares are 0.
 */
export const sharesOf = (durations: readonly number[], of = STEPS): readonly number[] => {
  const total = durations.reduce((sum, duration) => sum + duration, 0);
  if (total <= 0) return durations.map(() => 0);
  const exact = durations.map((duration) => (duration / total) * of);
  const steps = exact.map(Math.floor);
  const left = of - steps.reduce((sum, step) => sum + step, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, left)) steps[index] = (steps[index] ?? 0) + 1;
  return steps.map((step) => step / of);
};

const whoOf = (part: Part) => ({ kind: part.kind, pid: part.pid, tid: part.tid, comm: part.comm, what: whatOf(part) });

/** Parts that are too small for a line of their own, as one. `least` is the time in ns from which on a single one is named. */
const others = (kind: RootKind, parts: readonly Part[], least: number): Omit<BreakdownPart, 'share'> => {
  const [only] = parts;
  const duration_ns = parts.reduce((sum, part) => sum + part.duration_ns, 0);
  const nobody = { kind, pid: 0, tid: 0, comm: '', duration_ns };
  if (parts.length === 1 && only !== undefined)
    return duration_ns >= least ? { ...whoOf(only), duration_ns } : { ...nobody, what: '' };
  if (least > 0) return { ...nobody, what: '' };
  const processes = new Set(parts.map(({ pid }) => pid));
  const areProcesses = kind === 'runnable' && !processes.has(0) && processes.size === parts.length;
  const what = areProcesses ? `${parts.length} other processes` : `${parts.length} smaller parts`;
  return { ...nobody, what };
};

/** How much of a breakdown is told: parts that are named, the share of a kind that has a line; `isBare`: no more names. */
export type Detail = { readonly named: number; readonly least: number; readonly isBare: boolean };
const FULL: Detail = { named: NAMED, least: 0, isBare: false };

/** The largest parts one by one and the rest added up by kind. Durations and shares keep their sums. */
export const breakdownOf = (parts: readonly Part[], { named, least, isBare } = FULL): readonly BreakdownPart[] => {
  const total = parts.reduce((sum, { duration_ns }) => sum + duration_ns, 0);
  const isNamed = (part: Part, index: number) => index < named && part.duration_ns >= SMALLEST * total;
  const rest = parts.filter((part, index) => !isNamed(part, index));
  const times = [...timeByKind(rest)].filter(([, ns]) => ns >= least * total);
  const shown = times.slice(0, times.length <= LINES - named ? times.length : LINES - named - 1).map(([kind]) => kind);
  const hidden = rest.filter(({ kind }) => !shown.includes(kind));
  const alone = isBare ? SMALLEST_ALONE * total : 0;
  const listed = [
    ...parts.filter(isNamed).map((part) => ({ ...whoOf(part), duration_ns: part.duration_ns })),
    ...shown.map((kind) =>
      others(
        kind,
        rest.filter((part) => part.kind === kind),
        alone,
      ),
    ),
    ...(hidden.length === 0 ? [] : [others('unknown', hidden, alone)]),
  ];
  const shares = sharesOf(
    listed.map(({ duration_ns }) => duration_ns),
    STEPS_OF_PARTS,
  );
  return listed.map((part, index) => ({ ...part, share: shares[index] ?? 0 }));
};

/** Time by kind of cause, in ns. */
export const timeByKind = (parts: readonly Part[]): ReadonlyMap<RootKind, number> => {
  const times = new Map<RootKind, number>();
  for (const { kind, duration_ns } of parts) times.set(kind, (times.get(kind) ?? 0) + duration_ns);
  return times;
};
