// Gives each distinct row of a small table an id, and writes it once.
import type { Database, Statement } from './open.ts';

type Value = number | string | null;
/** Distinct rows remembered at most; after that a row may be written twice, which is harmless. */
const REMEMBERED = 100_000;

/** `idOf(values)` returns the id of the row with these values, inserting it when it is new; all are new after `forget`. */
export const createInterner = (database: Database, table: string, columns: readonly string[]) => {
  const names = ['id', ...columns];
  const insert: Statement = database.prepare(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
  );
  const known = new Map<string, number>();
  let last = 0;
  return {
    forget: (): void => known.clear(),
    idOf: (values: readonly Value[]): number => {
      const key = values.join('\u0000');
      const found = known.get(key);
      if (found !== undefined) return found;
      if (known.size >= REMEMBERED) known.clear();
      last++;
      insert.run(last, ...values);
      known.set(key, last);
      return last;
    },
  };
};
