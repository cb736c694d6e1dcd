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
};

/** Threads of the process itself differ by name, children that are started for each call only by number. */
const culpritOf = ({ call, root: { kind, pid, comm } }: Explained): readonly (string | number)[] => {
  if (kind === 'child') return [comm];
  return pid === call.pid ? [pid, comm] : [pid];
};

const keyOf = (one: Explained): string =>
  JSON.stringify([one.call.op, one.call.pid, one.slow.reason, one.root.kind, ...culpritOf(one)]);

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
    });
  }
  return [...groups.values()].sort(
    (a, b) => b.explained_ns - a.explained_ns || a.symptom.call.start_ns - b.symptom.call.start_ns,
  );
};

/** Time that is never worth an answer of its own, and time that always is unless something else took far more. In ns. */
const NEVER = 5e6;
const ALWAYS = 20e6;
const OF_WINDOW = 0.002;
const OF_BIGGEST = 0.05;

/** Clusters that took enough time to be called a cause, measured by the window and by the biggest of them. */
export const worthSaying = (clusters: readonly Cluster[], { start_ns, end_ns }: Window): readonly Cluster[] => {
  const biggest = clusters[0]?.explained_ns ?? 0;
  const ofWindow = Math.min(ALWAYS, Math.max(NEVER, OF_WINDOW * (end_ns - start_ns)));
  const least = Math.max(ofWindow, OF_BIGGEST * biggest);
  return clusters.filter(({ explained_ns }) => explained_ns >= least);
};
