// A window cut into steps of the same length, each with the share of each state: the shape of what a thread did.
import type { RootKind } from '../../catalogue/root-kinds.ts';
import type { Window } from '../../store/recording.ts';
import { sharesOf } from '../shares.ts';
import { type State, type Stretch, states } from './states.ts';

export type Step = {
  readonly start_ns: number;
  /** The state with the most time in it, and what most of that was for. */
  readonly state: State;
  readonly kind: RootKind;
  /** Shares of the step in the order of `states`; they sum to 1. */
  readonly shares: readonly number[];
};

const mostOf = <K>(entries: readonly (readonly [K, number])[]): K | undefined =>
  entries.reduce<readonly [K, number] | undefined>(
    (best, entry) => (best === undefined || entry[1] > best[1] ? entry : best),
    undefined,
  )?.[0];

/** Steps of a window: as many as wanted, but none shorter than 1 ns. Stretches are added in any order. */
export const createSteps = (window: Window, wanted: number) => {
  const length = window.end_ns - window.start_ns;
  const count = Math.min(wanted, length);
  // Edges are whole ns, so that nothing is lost between two steps.
  const edge = (i: number) => window.start_ns + Math.floor((i * length) / count);
  const times = new Map<string, { readonly state: State; readonly kind: RootKind; readonly ns: Float64Array }>();
  const stepOf = (time: number): number => {
    const near = Math.min(count - 1, Math.floor(((time - window.start_ns) * count) / length));
    if (edge(near) > time) return near - 1;
    return edge(near + 1) <= time ? near + 1 : near;
  };
  const add = ({ start, end, state, kind }: Stretch): void => {
    const key = `${state} ${kind}`;
    const line = times.get(key) ?? { state, kind, ns: new Float64Array(count) };
    times.set(key, line);
    for (let i = stepOf(start); i < count && edge(i) < end; i++)
      line.ns[i] = (line.ns[i] ?? 0) + Math.min(end, edge(i + 1)) - Math.max(start, edge(i));
  };
  const stepAt = (i: number): Step => {
    const lines = [...times.values()];
    const sums = states.map((state) =>
      lines.reduce((sum, line) => sum + (line.state === state ? (line.ns[i] ?? 0) : 0), 0),
    );
    const state = mostOf(states.map((name, at) => [name, sums[at] ?? 0] as const)) ?? 'running';
    const kinds = lines.filter((line) => line.state === state).map(({ kind, ns }) => [kind, ns[i] ?? 0] as const);
    return { start_ns: edge(i), state, kind: mostOf(kinds) ?? 'unknown', shares: sharesOf(sums) };
  };
  return { add, steps: (): readonly Step[] => Array.from({ length: count }, (_, i) => stepAt(i)) };
};
