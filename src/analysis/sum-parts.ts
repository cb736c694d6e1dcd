// Parts of several stretches of the same thread, added up: what all of them together were spent on.
import type { Part } from './pieces.ts';

const keyOf = ({ kind, pid, tid, comm, what, cpus }: Part): string =>
  JSON.stringify(cpus === undefined ? [kind, pid, tid, comm, what] : [kind, pid]);

/** The sums, longest first. What is said of each is that of its longest. */
export const sumParts = (all: readonly (readonly Part[])[]): readonly Part[] => {
  const sums = new Map<string, Part & { readonly longest: number }>();
  for (const part of all.flat()) {
    const known = sums.get(keyOf(part));
    const longer = known === undefined || part.duration_ns > known.longest ? part : known;
    sums.set(keyOf(part), {
      ...longer,
      duration_ns: (known?.duration_ns ?? 0) + part.duration_ns,
      longest: Math.max(known?.longest ?? 0, part.duration_ns),
    });
  }
  return [...sums.values()]
    .map(({ longest: _, ...part }) => part)
    .sort((a, b) => b.duration_ns - a.duration_ns || a.start_ns - b.start_ns);
};
