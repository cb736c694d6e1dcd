// Keeps the audit log below its size: the oldest rows go, and a row of the chain says which ones, what they hashed to and
// whom they knew. The first row that is left is then checked against that row.
import type { Database } from '../open.ts';
import { blob, number, text } from '../row.ts';

/** What is removed at once: a hundredth of what is there, so that no append waits for long, but not less than this. */
const SHARE = 0.01;
const LEAST_ROWS = 100;
/** Rows at the end that are never removed, however small the limit. */
const KEPT_ROWS = 200;
/** Names of each sort that are carried on, the newest; none of those that nobody has proven, of which there is no end. */
const MOST_NAMES = 200;

/** What a row of kind `pruned` says, as JSON in `detail`. `hash`: that of the last removed row, hex. */
export type Pruned = {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly hash: string;
  readonly principals: readonly string[];
  readonly clients: readonly string[];
};

const pragma = (database: Database, name: string): number =>
  number(database.prepare(`PRAGMA ${name}`).get() ?? {}, name);

/** Bytes of the pages that hold something. */
export const usedBytes = (database: Database): number =>
  (pragma(database, 'page_count') - pragma(database, 'freelist_count')) * pragma(database, 'page_size');

const namesBefore = (database: Database, column: 'principal' | 'client', to: number): readonly string[] =>
  database
    .prepare(
      `SELECT name, max(seen) AS seen FROM (
        SELECT ${column} AS name, id AS seen FROM audit WHERE id <= ?1 AND kind = 'call' AND ${column} IS NOT NULL
          AND credential IS NOT NULL
        UNION ALL SELECT j.value, 0 FROM audit a, json_each(a.detail, '$.${column}s') j WHERE a.kind = 'pruned')
      GROUP BY name ORDER BY seen DESC LIMIT ${MOST_NAMES}`,
    )
    .all(to)
    .map((row) => text(row, 'name'));

/** The oldest rows, if the log is larger than `limit` bytes: what to say of them. Removes nothing. */
export const whatToPrune = (database: Database, limit: number): Pruned | undefined => {
  if (usedBytes(database) <= limit) return undefined;
  const ends = database.prepare('SELECT min(id) AS first, max(id) AS last FROM audit').get() ?? {};
  const [first, last] = [number(ends, 'first'), number(ends, 'last')];
  const rows = Math.min(Math.max(LEAST_ROWS, Math.floor((last - first + 1) * SHARE)), last - first + 1 - KEPT_ROWS);
  if (rows <= 0) return undefined;
  const to = first + rows - 1;
  const hash = Buffer.from(blob(database.prepare('SELECT hash FROM audit WHERE id = ?').get(to) ?? {}, 'hash'));
  return {
    ...{ from: first, to, rows, hash: hash.toString('hex') },
    principals: namesBefore(database, 'principal', to),
    clients: namesBefore(database, 'client', to),
  };
};

/** Removes rows that a row of the chain covers; the file refuses to remove any other. */
export const removePruned = (database: Database, { to }: Pruned): void => {
  database.prepare('DELETE FROM audit WHERE id <= ?').run(to);
};
