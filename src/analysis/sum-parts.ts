// Parts of several stretches of the same thread, added up: what all of them together were spent on.
import type { Part } from './pieces.ts';

/** Other processes are told apart by their names, as in the parts of one stretch. */
const keyOf = ({ kind, pid, tid, comm, what, cpus, pids }: Part): string => {
  if (pids !== undefined) return JSON.stringify([kind, comm, cpus === undefined ? what : 'CPU']);
  return JSON.stringify(cpus === undefined ? [kind, pid, tid, comm, what] : [kind, pid, comm]);
};

type Sum = { readonly part: Part; readonly longest: number; readonly pids: Map<number, number> };

/** The sums, longest first. What is said of each is that of its longest. */
export const sumParts = (all: readonly (readonly Part[])[]): readonly Part[] => {
  const sums = new Map<string, Sum>();
  for (const part of all.flat()) {
    const known = sums.get(keyOf(part));
    const isLonger = known === undefined || part.duration_ns > known.longest;
    const pids = known?.pids ?? new Map<number, number>();
    for (const pid of part.pids ?? []) pids.set(pid, (pids.get(pid) ?? 0) + part.duration_ns);
    sums.set(keyOf(part), {
      part: { ...(isLonger ? part : known.part), duration_ns: (known?.part.duration_ns ?? 0) + part.duration_ns },
      longest: Math.max(known?.longest ?? 0, part.duration_ns),
      pids,
    });
  }
  return [...sums.values()]
    .map(({ part, pids }) => (pids.size === 0 ? part : { ...part, pids: [...pids.keys()] }))
    .sort((a, b) => b.duration_ns - a.duration_ns || a.start_ns - b.start_ns);
};
