// How many calls a row stands for, where rows of usual calls were left out. Knows tables, not what it is asked for.
import type { Database } from './open.ts';
import { number } from './row.ts';

/** Weights other than 1 by the id of a call's arguments; undefined for a recording that has a row of every call. */
export const readWeights = (database: Database): ReadonlyMap<number, number> | undefined => {
  // Recordings of before have no such column, and no such loss.
  const isShed = database.prepare("SELECT 1 FROM loss WHERE reason = 'shed_call' LIMIT 1").get() !== undefined;
  if (!isShed) return undefined;
  const rows = database.prepare('SELECT id, weight FROM call_args WHERE weight > 1').all();
  return new Map(rows.map((row) => [number(row, 'id'), number(row, 'weight')]));
};
