// Compiles a query against a database that has nothing but what is published, all of it empty: SQLite itself finds every name
// that is not, whatever the query calls its own parts.
import { messageOf } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { cleanText } from '../../base/sanitize.ts';
import { type Database, openEmpty } from '../../store/open.ts';
import { errors } from '../errors.ts';
import { allowReadingOnly, COMPUTED_TABLES } from './allowed.ts';
import { hintFor } from './hint.ts';
import type { Published } from './published.ts';

const LONGEST_NAME = 100;
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const make = (database: Database, { columns }: Published): void => {
  for (const [name, names] of columns) {
    const values = names.map((column) => `NULL AS ${quoted(column)}`).join(', ');
    database.prepare(`CREATE VIEW ${quoted(name)} AS SELECT ${values}`).run();
  }
};

/** A name that stands for how rows are stored: the view to use instead. */
const hiddenIn = (message: string, { columns, hidden, viewOf }: Published) => {
  const table = /^no such table: (?:main\.)?(\w+)$/i.exec(message)?.[1];
  if (table === undefined || !hidden.has(table.toLowerCase())) return undefined;
  const view = viewOf(table) ?? nearest(table, [...columns.keys()]);
  const todo = view === undefined ? '' : `read the view ${view} instead; `;
  return {
    why: `${cleanText(table, LONGEST_NAME)} is how rows are stored, not a view of the recording`,
    todo: `${todo}describe_schema lists the views`,
  };
};

/** Throws a UserError for a query that names what is not published, or that cannot be compiled. `limits` as for the query. */
export const checkNames = (sql: string, published: Published, limits: Partial<Database['limits']>): void => {
  const database = openEmpty();
  try {
    database.enableDefensive(true);
    make(database, published);
    const modules = database.prepare('SELECT name FROM pragma_module_list').all();
    const reserved = new Set(modules.map(({ name }) => String(name).toLowerCase()));
    const names = new Set([...[...published.columns.keys()].map((name) => name.toLowerCase()), ...COMPUTED_TABLES]);
    // A part of the query that it gave a name, and of which it uses no column, is read by that name.
    const isOwn = (name: string, column: string) =>
      column === '' && !reserved.has(name) && !/^(sqlite|pragma)_/.test(name);
    const denial = allowReadingOnly(
      database,
      (name, column) => names.has(name.toLowerCase()) || isOwn(name.toLowerCase(), column),
    );
    Object.assign(database.limits, limits);
    try {
      database.prepare(sql);
    } catch (thrown) {
      const why = messageOf(thrown);
      const denied = denial() ?? hiddenIn(why, published);
      if (denied !== undefined) throw errors.sqlDenied(denied, thrown);
      throw hintFor(why, thrown, sql, published);
    }
  } finally {
    database.close();
  }
};
