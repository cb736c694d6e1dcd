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
    /** `weight`: how much time it stands for, as a multiple of its own; `counted`: how many it is. */
    add: ({ state, kind, start, end }: Stretch, weight: number, counted: number): void => {
      const key = `${state} ${kind}`;
      const sum = sums.get(key) ?? { state, kind, count: 0, duration_ns: 0 };
      sums.set(key, sum);
      sum.count += counted;
      sum.duration_ns += weight * (end - start);
    },
    /** `length`: what the durations shall sum to, where they are estimates. */
    totals: (length?: number): readonly StateTotal[] => {
      const ranked = [...sums.values()].sort(
        (a, b) =>
          states.indexOf(a.state) - states.indexOf(b.state) ||
          b.duration_ns - a.duration_ns ||
          (a.kind < b.kind ? -1 : 1),
      );
      const durations = ranked.map(({ duration_ns }) => duration_ns);
      const shares = sharesOf(durations);
      const whole =
        length === undefined ? durations : sharesOf(durations, length).map((part) => Math.round(part * length));
      return ranked.map((sum, i) => ({
        ...sum,
        count: length === undefined ? sum.count : Math.max(1, Math.round(sum.count)),
        duration_ns: whole[i] ?? 0,
        share: shares[i] ?? 0,
      }));
    },
  };
};
