// SQLite's own limit: rows of a recording inserted once more, with nothing around it, by the statements that the recorder uses
// (src/store/batch.ts): 128 rows each, no column that is empty in all of them, 0 written out where it is 0 in all, one id each.
import { ddl } from '../src/catalogue/derive/ddl.ts';
import { type Database, openOwn, type Statement } from '../src/store/open.ts';
import { type Cost, costing, nothing } from './costing.ts';

const ROWS_A_STATEMENT = 128;
/** Rows that are taken from a recording: they are inserted again and again. */
const SAMPLE = 131_072;

type Value = number | null;
/** A statement, and what it binds; the first value is the id of its first row. */
type Insert = { readonly sql: string; readonly values: Value[] };

const storedIn = (value: unknown): Value => (typeof value === 'number' ? value : null);

/** The statement for rows that all have these columns, the first of them the id. */
const insertOf = (columns: readonly string[], rows: readonly (readonly Value[])[]): Insert => {
  const all = (column: number, value: Value) => rows.every((row) => row[column] === value);
  const kept = columns.flatMap((name, i) => (i > 0 && all(i, null) ? [] : [{ name, i, zero: i > 0 && all(i, 0) }]));
  const rowOf = (id: string) => `(${kept.map(({ i, zero }) => (i === 0 ? id : zero ? '0' : '?')).join(', ')})`;
  const list = rows.map((_, i) => rowOf(i === 0 ? '?' : 'NULL')).join(', ');
  const own = kept.filter(({ i, zero }) => i > 0 && !zero);
  return {
    sql: `INSERT INTO call (${kept.map(({ name }) => name).join(', ')}) VALUES ${list}`,
    values: [0, ...rows.flatMap((row) => own.map(({ i }) => row[i] ?? null))],
  };
};

/** Inserts for rows of the table `call` of a recording. */
export const insertsOf = (recording: string): readonly Insert[] => {
  const database = openOwn(recording, { readOnly: true, timeout: 0 });
  const columns = database
    .prepare("SELECT name FROM pragma_table_info('call') ORDER BY cid")
    .all()
    .map(({ name }) => String(name));
  const inserts: Insert[] = [];
  let rows: Value[][] = [];
  for (const row of database.prepare(`SELECT * FROM call WHERE id <= ${SAMPLE} ORDER BY id`).iterate()) {
    rows.push(columns.map((name) => storedIn(row[name])));
    if (rows.length < ROWS_A_STATEMENT) continue;
    inserts.push(insertOf(columns, rows));
    rows = [];
  }
  database.close();
  return inserts;
};

/** Inserts so many rows into a new file, and commits so often. */
export const insertRaw = (path: string, inserts: readonly Insert[], rows: number, rowsACommit: number): Cost => {
  const database: Database = openOwn(path, { readOnly: false, timeout: 0 });
  database.exec('PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  database.exec('PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -32768');
  database.exec(ddl().find((statement) => statement.startsWith('CREATE TABLE call (')) ?? '');
  const statements = new Map<string, Statement>();
  for (const { sql } of inserts) if (!statements.has(sql)) statements.set(sql, database.prepare(sql));
  const commitEach = Math.floor(rowsACommit / ROWS_A_STATEMENT);
  return costing(nothing, () => {
    database.exec('BEGIN');
    for (let i = 0; i < Math.floor(rows / ROWS_A_STATEMENT); i++) {
      const insert = inserts[i % inserts.length];
      if (insert === undefined) break;
      insert.values[0] = i * ROWS_A_STATEMENT + 1;
      statements.get(insert.sql)?.run(...insert.values);
      if (i % commitEach === commitEach - 1) database.exec('COMMIT; BEGIN');
    }
    database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
  });
};
