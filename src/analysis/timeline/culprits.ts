// Adds up whom a thread waited for over a window: one line for each of them and each kind of wait, with its longest rows.
import type { Awaited, AwaitedPart } from './awaited.ts';

/** All of a window that the thread waited for the same one, for the same kind of thing. */
export type CulpritTotal = Awaited & {
  /** Stretches or slices of it. */
  readonly count: number;
  readonly duration_ns: number;
  /** The longest waits with it, as "waits:ID". */
  readonly evidence: readonly string[];
};

/** Rows that a line names. */
const NAMED = 2;

type Row = { readonly id: number; readonly duration_ns: number };
/** `names`: ns under each. */
type Sum = {
  awaited: Awaited;
  names: Map<string, number>;
  count: number;
  duration_ns: number;
  longest: readonly Row[];
};

const longestFirst = (a: Row, b: Row) => b.duration_ns - a.duration_ns || a.id - b.id;

/** The name of the longest time. */
const usualOf = (names: ReadonlyMap<string, number>): string =>
  [...names].reduce((most, each) => (each[1] > most[1] ? each : most), ['', -1])[0];

/** `totals`: most time first. */
export const createCulprits = () => {
  const sums = new Map<string, Sum>();
  return {
    /** Adds the parts of one stretch of a wait; `weight`: how much time it stands for, as a multiple of its own; `counted`: how many. */
    add: (wait: number, parts: readonly AwaitedPart[], weight: number, counted: number): void => {
      const here = new Map<Sum, number>();
      for (const { awaited, duration_ns } of parts) {
        // A thread may change its name; a device has nothing else.
        const name = awaited.by === 'device' ? awaited.comm : '';
        const key = `${awaited.kind} ${awaited.by} ${awaited.pid} ${awaited.tid} ${name}`;
        const sum = sums.get(key) ?? { awaited, names: new Map(), count: 0, duration_ns: 0, longest: [] };
        sums.set(key, sum);
        sum.count += counted;
        sum.duration_ns += weight * duration_ns;
        sum.names.set(awaited.comm, (sum.names.get(awaited.comm) ?? 0) + duration_ns);
        here.set(sum, (here.get(sum) ?? 0) + duration_ns);
      }
      for (const [sum, duration_ns] of here)
        if (sum.longest.length < NAMED || duration_ns > (sum.longest.at(-1)?.duration_ns ?? 0))
          sum.longest = [...sum.longest, { id: wait, duration_ns }].sort(longestFirst).slice(0, NAMED);
    },
    totals: (): readonly CulpritTotal[] =>
      [...sums]
        .sort(([a, first], [b, second]) => second.duration_ns - first.duration_ns || (a < b ? -1 : 1))
        .map(([, { awaited, names, count, duration_ns, longest }]) => ({
          ...awaited,
          comm: usualOf(names),
          count: Math.round(count),
          duration_ns: Math.round(duration_ns),
          evidence: longest.map(({ id }) => `waits:${id}`),
        })),
  };
};
