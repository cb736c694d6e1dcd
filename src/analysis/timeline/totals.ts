// How long a thread was in each state of a window, and for what.
import type { RootKind } from '../../catalogue/root-kinds.ts';
import { sharesOf } from '../shares.ts';
import { type State, type Stretch, states } from './states.ts';

export type StateTotal = {
  readonly state: State;
  readonly kind: RootKind;
  /** Stretches of it. */
  readonly count: number;
  readonly duration_ns: number;
  /** Part of the window, 0 to 1. */
  readonly share: number;
};

type Sum = { state: State; kind: RootKind; count: number; duration_ns: number };

/** Adds stretches up. `totals` are in the order of states, most time first in each; their shares sum to exactly 1. */
export const createTotals = () => {
  const sums = new Map<string, Sum>();
  return {
    add: ({ state, kind, start, end }: Stretch): void => {
      const key = `${state} ${kind}`;
      const sum = sums.get(key) ?? { state, kind, count: 0, duration_ns: 0 };
      sums.set(key, sum);
      sum.count++;
      sum.duration_ns += end - start;
    },
    totals: (): readonly StateTotal[] => {
      const ranked = [...sums.values()].sort(
        (a, b) =>
          states.indexOf(a.state) - states.indexOf(b.state) ||
          b.duration_ns - a.duration_ns ||
          (a.kind < b.kind ? -1 : 1),
      );
      const shares = sharesOf(ranked.map(({ duration_ns }) => duration_ns));
      return ranked.map((sum, i) => ({ ...sum, share: shares[i] ?? 0 }));
    },
  };
};
