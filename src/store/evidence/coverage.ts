// Which tables of a recording are sealed when, and in which order their rows are. Knows the tables that a file has, not how
// rows are hashed.
import type { Database } from '../open.ts';
import { number, text } from '../row.ts';

/**
 * begin: written before the recording begins and never after; growing: rows are added and never changed, so that they are
 * sealed as they come; end: rows change, so that they are sealed when the recording ends.
 */
export type Sealed = 'begin' | 'growing' | 'end';

export type Coverage = {
  readonly table: string;
  readonly sealed: Sealed;
  readonly columns: readonly { readonly name: string; readonly isNumber: boolean }[];
  /** Whether all columns are numbers. */
  readonly numbers: boolean;
  /** Columns of the key: they say the order of rows, and new rows of a growing table have a larger value of the first. */
  readonly key: readonly string[];
};

/** The chain vouches for itself. */
export const CHAIN = 'evidence_chain';

/** Tables whose rows are changed after they were written, or taken away. */
const CHANGING: ReadonlySet<string> = new Set([
  'recording',
  'process',
  'task',
  'taken_stack',
  'loss',
  'total',
  'second',
]);

const sealedOf = (name: string): Sealed =>
  name.startsWith('meta_') ? 'begin' : CHANGING.has(name) ? 'end' : 'growing';

/** A name as it stands in SQL. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const coverageOf = (database: Database, table: string): Coverage => {
  const found = database.prepare(`PRAGMA table_info(${quoted(table)})`).all();
  const columns = found.map((row) => ({ name: text(row, 'name'), isNumber: text(row, 'type') === 'INTEGER' }));
  const key = found
    .filter((row) => number(row, 'pk') > 0)
    .sort((a, b) => number(a, 'pk') - number(b, 'pk'))
    .map((row) => text(row, 'name'));
  return { table, sealed: sealedOf(table), columns, numbers: columns.every(({ isNumber }) => isNumber), key };
};

/** How each table of a recording is covered, by name. */
export const readCoverage = (database: Database): readonly Coverage[] =>
  database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .all()
    .map((row) => text(row, 'name'))
    .filter((name) => name !== CHAIN && !name.startsWith('sqlite_'))
    .map((name) => coverageOf(database, name));
