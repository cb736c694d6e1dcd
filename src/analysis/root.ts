// Which part of a slow call is its root: the largest of what it took beyond the usual, not of all that it took.
import type { RootKind } from '../catalogue/root-kinds.ts';
import type { Part } from './walk.ts';

/** A part and how much of it lies beyond the usual, in ns. */
export type Excess = { readonly part: Part; readonly excess_ns: number };

/**
 * What lies beyond the usual: a call of the usual length is taken to be on a CPU, or waiting for the GPU where that is its
 * purpose, so that much of such time is not excess. Other waits are.
 */
export const excessOf = (parts: readonly Part[], usual: number, usualKind: RootKind): readonly Excess[] => {
  let left = usual;
  return parts.map((part) => {
    const expected = part.kind === usualKind ? Math.min(left, part.duration_ns) : 0;
    left -= expected;
    return { part, excess_ns: part.duration_ns - expected };
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
