// Which part of a slow call is its root: the largest of what it took beyond the usual, not of all that it took.
import { causeKey, type Typical } from './typical.ts';
import type { Part } from './walk.ts';

/** A part and how much of it lies beyond the usual, in ns. */
export type Excess = { readonly part: Part; readonly excess_ns: number };

/**
 * What lies beyond what is usual for each cause. `usual` is how long such a call usually takes: no part explains more than
 * the call is longer than that, and without usual calls to look at all of it counts as time of the call's own kind.
 */
export const excessOf = (
  parts: readonly Part[],
  usual: number,
  own: Part['kind'],
  typical: Typical,
): readonly Excess[] => {
  const most = Math.max(0, parts.reduce((sum, { duration_ns }) => sum + duration_ns, 0) - usual);
  const left = new Map<string, number>();
  return parts.map((part) => {
    const key = causeKey(part, own);
    const allowed = typical.calls > 0 ? typical.timeOf(part) : part.kind === own && part.path.length === 0 ? usual : 0;
    const expected = Math.min(left.get(key) ?? allowed, part.duration_ns);
    left.set(key, (left.get(key) ?? allowed) - expected);
    return { part, excess_ns: Math.min(most, part.duration_ns - expected) };
  });
};

const sumBy = <K>(excesses: readonly Excess[], key: (part: Part) => K): readonly (readonly [K, number])[] => {
  const sums = new Map<K, number>();
  for (const { part, excess_ns } of excesses) sums.set(key(part), (sums.get(key(part)) ?? 0) + excess_ns);
  return [...sums].sort((a, b) => b[1] - a[1]);
};

/** The kind with most excess, in it the process with most, in that the largest part. Undefined when there are no parts. */
export const rootOf = (excesses: readonly Excess[]): Excess | undefined => {
  const [kind] = sumBy(excesses, (part) => part.kind);
  const ofKind = excesses.filter(({ part }) => part.kind === kind?.[0]);
  const named = ofKind.filter(({ part }) => part.pid !== 0);
  const sumOf = (some: readonly Excess[]) => some.reduce((sum, { excess_ns }) => sum + excess_ns, 0);
  // A culprit with a name before the time that nobody is known for, unless that is most of it.
  const preferred = sumOf(named) * 2 >= sumOf(ofKind) ? named : ofKind;
  const [process] = sumBy(preferred, (part) => part.pid);
  const ofProcess = preferred.filter(({ part }) => part.pid === process?.[0]);
  return ofProcess.toSorted((a, b) => b.excess_ns - a.excess_ns || a.part.start_ns - b.part.start_ns)[0];
};

/** How much of what lies beyond the usual is the load of the recorder itself, 0 to 1. */
export const observedShare = (excesses: readonly Excess[]): number => {
  const sumOf = (some: readonly Excess[]) => some.reduce((sum, { excess_ns }) => sum + excess_ns, 0);
  const total = sumOf(excesses);
  return total <= 0 ? 0 : sumOf(excesses.filter(({ part }) => part.kind === 'observer')) / total;
};
