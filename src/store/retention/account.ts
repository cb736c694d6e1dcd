// How many rows of which tables were taken away, each counted once, and as which losses that is told. Knows numbers only.
import type { LossName } from '../../catalogue/losses.ts';
import type { Stretch } from './ledger.ts';
import { eventTables } from './tables.ts';

export type Account = {
  /** The rows of these stretches are about to go. */
  readonly add: (stretches: readonly Stretch[]) => void;
  /** What is missing by now: how many rows of each kind, and of which tables. */
  readonly losses: () => readonly { readonly reason: LossName; readonly count: number; readonly detail: string }[];
  /** All of them. */
  readonly rows: () => number;
};

export const createAccount = (): Account => {
  /** By table: rows up to this key were counted, and how many they were. Keys of events have no gaps. */
  const gone = new Map<string, { until: number; count: number }>();
  return {
    add: (stretches) => {
      for (const { table, after, last } of stretches.flatMap(({ parts }) => parts)) {
        if ((eventTables[table] ?? null) === null) continue;
        const told = gone.get(table) ?? { until: 0, count: 0 };
        gone.set(table, {
          until: Math.max(told.until, last),
          count: told.count + Math.max(0, last - Math.max(after, told.until)),
        });
      }
    },
    losses: () =>
      [...new Set(Object.values(eventTables))].flatMap((reason) => {
        const own = [...gone].filter(([table, { count }]) => eventTables[table] === reason && count > 0);
        if (reason === null || own.length === 0) return [];
        const count = own.reduce((sum, [, { count: rows }]) => sum + rows, 0);
        return [{ reason, count, detail: own.map(([table, { count: rows }]) => `${table} ${rows}`).join(', ') }];
      }),
    rows: () => [...gone.values()].reduce((sum, { count }) => sum + count, 0),
  };
};
