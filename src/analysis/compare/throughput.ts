// Compares how much a process gets done: calls a second, and steps of its loop where one call comes once in each.
import { countText } from '../../base/units.ts';
import { stepOf } from '../rhythm.ts';
import { commText } from '../words/cause.ts';
import { differs, meanOf, medianOf } from './differ.ts';
import type { Found, RateDifference } from './difference.ts';
import { lengthOf, type Side } from './side.ts';

/** Change of a rate that matters. */
const LEAST_CHANGE = 0.1;
/** What a change of a rate counts against one of time. */
const OF_RATE = 0.3;
/** Calls a second below which nothing is said of a rate. */
const LEAST_RATE = 1;

type Rates = { readonly what: string; readonly pid: number; readonly rates: readonly number[]; readonly last: number };

/** Of each process by name: its rate in each slice. `known` says in what it was counted on the other side. */
const ratesOf = (side: Side, known: ReadonlyMap<string, Rates> | undefined): ReadonlyMap<string, Rates> => {
  const names = [...new Set(side.slices.flatMap(({ calls }) => calls.map(({ pid }) => side.nameOf(pid))))].sort();
  return new Map(
    names.map((name) => {
      const own = side.slices.map(({ calls, window }) => ({
        calls: calls.filter(({ pid }) => side.nameOf(pid) === name),
        length: lengthOf(window),
      }));
      const all = own.flatMap(({ calls }) => calls);
      const what = known?.get(name)?.what ?? stepOf(own.map(({ calls }) => calls)) ?? 'calls';
      const counted = (calls: typeof all) =>
        calls.reduce((n, { op, weight }) => n + (what === 'calls' || op === what ? weight : 0), 0);
      const rates = own.map(({ calls, length }) => (1e9 * counted(calls)) / length);
      return [name, { what, pid: all[0]?.pid ?? 0, rates, last: all.at(-1)?.id ?? 0 }];
    }),
  );
};

export type Throughput = Found<RateDifference> & {
  /** Rate after against that before, of a process by its name; 0 where it cannot be said. */
  readonly ratioOf: (comm: string) => number;
};

export const compareThroughput = (before: Side, after: Side): Throughput => {
  const were = ratesOf(before, undefined);
  const are = ratesOf(after, were);
  const both = [...were].flatMap(([comm, a]) => {
    const b = are.get(comm);
    return b === undefined ? [] : [{ comm, a, b, ratio: medianOf(b.rates) / Math.max(1e-9, medianOf(a.rates)) }];
  });
  const differences = both.flatMap(({ comm, a, b, ratio }): RateDifference[] => {
    const [left, right] = [meanOf(a.rates), meanOf(b.rates)];
    if (Math.max(left, right) < LEAST_RATE || Math.abs(ratio - 1) < LEAST_CHANGE || !differs(a.rates, b.rates))
      return [];
    const [from, to] = [Number(left.toFixed(1)), Number(right.toFixed(1))];
    const per = a.what === 'calls' ? 'calls a second' : `steps a second (${a.what})`;
    return [
      {
        ...{ kind: 'throughput', pid: b.pid, comm, what: a.what === 'calls' ? 'calls' : `steps (${a.what})` },
        summary: `${commText(comm)} makes ${to} instead of ${from} ${per}`,
        // A part of what was lost or gained: the time that it took says more, where that is known.
        effect: Number((OF_RATE * Math.min(1, Math.abs(1 - Math.min(ratio, 1 / Math.max(1e-9, ratio))))).toFixed(4)),
        evidence: b.last === 0 ? [] : [`calls:${b.last}`],
        ...{ before: { per_second: from }, after: { per_second: to } },
      },
    ];
  });
  const rates = both.map(
    ({ comm, a, b }) =>
      `${commText(comm)} ${meanOf(a.rates).toFixed(1)} and ${meanOf(b.rates).toFixed(1)} ${a.what === 'calls' ? 'calls' : 'steps'} a second`,
  );
  const ratios = new Map(both.map(({ comm, ratio }) => [comm, ratio]));
  return {
    differences,
    checked: `throughput: ${rates.length === 0 ? 'no calls in both' : `${rates.slice(0, 3).join(', ')}; ${countText(differences.length, 'change')}`}`,
    ratioOf: (comm) => ratios.get(comm) ?? 0,
  };
};
