// Calls that were slow for the same reason become one chain: same operation, process, kind of cause and culprit.
import type { CallRow, Window } from '../store/recording.ts';
import type { Explained } from './explain-call.ts';

export type Cluster = {
  /** The longest of them. */
  readonly symptom: Explained;
  readonly calls: readonly CallRow[];
  readonly count: number;
  readonly total_ns: number;
  /** What the root explains of all of them beyond the usual, in ns. */
  readonly explained_ns: number;
  /** The same of all calls that are slow like these, also those that were not looked at: an estimate, for the order only. */
  readonly rank_ns: number;
  /** Part of what lies beyond the usual that the recorder itself took, over all of them. */
  readonly observed: number;
};

/** Threads of the process itself differ by name, and so do other processes: some are started for each call anew. */
const culpritOf = ({ call, root: { pid, comm } }: Explained): readonly (string | number)[] =>
  pid === call.pid ? [pid, comm] : [comm];

const keyOf = (one: Explained): string =>
  JSON.stringify([one.call.op, one.call.pid, one.slow.reason, one.root.kind, ...culpritOf(one)]);

/** For how much time of slow calls of its kind a call stands, as a factor: the longest only for themselves. */
const standsFor = ({ call, slow: { calls, others = [], total_ns } }: Explained): number => {
  const sumOf = (some: readonly { readonly duration_ns: number }[]) =>
    some.reduce((sum, { duration_ns }) => sum + duration_ns, 0);
  const seen = sumOf(calls);
  if (others.length === 0) return seen === 0 ? 1 : Math.max(1, total_ns / seen);
  return others.some(({ id }) => id === call.id) ? Math.max(1, (total_ns - seen) / sumOf(others)) : 1;
};

/** Clusters, most explained time first. */
export const clustersOf = (explained: readonly Explained[]): readonly Cluster[] => {
  const groups = new Map<string, Cluster & { readonly calls: CallRow[] }>();
  for (const one of explained) {
    const key = keyOf(one);
    const group = groups.get(key);
    const longer = group === undefined || one.call.duration_ns > group.symptom.call.duration_ns;
    const calls = group?.calls ?? [];
    calls.push(one.call);
    groups.set(key, {
      symptom: longer ? one : group.symptom,
      calls,
      count: (group?.count ?? 0) + 1,
      total_ns: (group?.total_ns ?? 0) + one.call.duration_ns,
      explained_ns: (group?.explained_ns ?? 0) + one.excess_ns,
      rank_ns: (group?.rank_ns ?? 0) + one.excess_ns * standsFor(one),
      observed: ((group?.observed ?? 0) * (group?.count ?? 0) + one.observed) / ((group?.count ?? 0) + 1),
    });
  }
  return [...groups.values()].sort(
    (a, b) => b.rank_ns - a.rank_ns || a.symptom.call.start_ns - b.symptom.call.start_ns,
  );
};

/** Time that is never worth an answer of its own, and time that always is unless something else took far more. In ns. */
const NEVER = 5e6;
const ALWAYS = 20e6;
const OF_WINDOW = 0.002;
const OF_BIGGEST = 0.05;

/** Clusters that took enough time to be called a cause, measured by the window and by the biggest of them. */
export const worthSaying = (clusters: readonly Cluster[], { start_ns, end_ns }: Window): readonly Cluster[] => {
  const biggest = clusters[0]?.rank_ns ?? 0;
  const ofWindow = Math.min(ALWAYS, Math.max(NEVER, OF_WINDOW * (end_ns - start_ns)));
  const least = Math.max(ofWindow, OF_BIGGEST * biggest);
  return clusters.filter(({ rank_ns }) => rank_ns >= least);
};
