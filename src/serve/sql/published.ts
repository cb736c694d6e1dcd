// What SQL of a stranger may name: the views of a recording, and the tables in which it describes itself. How rows are stored
// is read through the views only.
import type { Database } from '../../store/open.ts';

export type View = { readonly name: string; readonly sql: string };

export type Published = {
  /** Columns by view or table. */
  readonly columns: ReadonlyMap<string, readonly string[]>;
  /** Tables that may not be named, in lower case. */
  readonly hidden: ReadonlySet<string>;
  /** The view through which such a table is read, if there is one. */
  readonly viewOf: (table: string) => string | undefined;
};

/** Tables that may be named, besides those in which a recording describes itself. */
const DIRECT: ReadonlySet<string> = new Set(['recording', 'foreign_claim']);
/** Whether a table may be named in SQL as it is; views always may. */
export const isDirect = (table: string): boolean => DIRECT.has(table) || table.startsWith('meta_');

/** What is published of a recording; `more` are views over what was attached to it, which are made here. */
export const publish = (database: Database, more: readonly View[] = []): Published => {
  for (const { name, sql } of more) database.prepare(`CREATE TEMP VIEW ${name} AS ${sql}`).run();
  const all = database
    .prepare("SELECT name, type, sql FROM main.sqlite_schema WHERE type IN ('table', 'view')")
    .all()
    .map(({ name, type, sql }) => ({ name: String(name), isView: type === 'view', sql: String(sql) }));
  const views = all.filter(({ isView }) => isView);
  const names = [...views, ...more].map(({ name }) => name);
  const tables = all.filter(({ isView }) => !isView).map(({ name }) => name);
  const info = database.prepare('SELECT name FROM pragma_table_info(?)');
  const columnsOf = (name: string) => info.all(name).map((row) => String(row.name));
  return {
    columns: new Map([...names, ...tables.filter(isDirect)].map((name) => [name, columnsOf(name)])),
    hidden: new Set(tables.filter((table) => !isDirect(table)).map((table) => table.toLowerCase())),
    viewOf: (table) => views.find(({ sql }) => new RegExp(`\\b(FROM|JOIN) ${table}\\b`, 'i').test(sql))?.name,
  };
};
