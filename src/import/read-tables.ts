// Which tables a strange SQLite file has. Reads nothing but its schema.
import type { Database } from '../store/open.ts';
import { text } from '../store/row.ts';
import type { Tables } from './importer.ts';

/** Tables of a file that are looked at. */
const MOST_TABLES = 200;

/** The real tables of a file; views and virtual tables, which could compute anything, are left out. */
export const readTables = (database: Database): Tables =>
  new Map(
    database
      .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY name LIMIT ?")
      .all(MOST_TABLES)
      .map((row) => text(row, 'name'))
      .filter((name) => !name.startsWith('sqlite_'))
      .map((name) => [
        name,
        new Set(
          database
            .prepare('SELECT name FROM pragma_table_info(?)')
            .all(name)
            .map((column) => text(column, 'name')),
        ),
      ]),
  );
