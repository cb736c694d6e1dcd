// Changes a recording in one way, as somebody would who may write the file but has no key: for tests of what finds it out.
import { statSync, truncateSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Numbers from 0 to below 1, the same ones for the same seed (mulberry32). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

type Random = () => number;
const pick = <T>(random: Random, from: readonly T[]): T => {
  const found = from[Math.floor(random() * from.length)];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
};
const quoted = (name: unknown): string => `"${String(name).replaceAll('"', '""')}"`;

const tablesOf = (database: DatabaseSync): readonly string[] =>
  database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all()
    .map(({ name }) => String(name))
    .filter((name) => Number(database.prepare(`SELECT count(*) AS n FROM ${quoted(name)}`).get()?.n) > 0);
const columnsOf = (database: DatabaseSync, table: string) => {
  const columns = database.prepare(`PRAGMA table_info(${quoted(table)})`).all();
  const names = (wanted: boolean) =>
    columns.filter(({ pk }) => Number(pk) > 0 === wanted).map(({ name }) => String(name));
  return { all: columns.map(({ name }) => String(name)), key: names(true), rest: names(false) };
};
/** A condition that holds for one row of a table. */
const oneRow = (database: DatabaseSync, random: Random, table: string): string => {
  const { key } = columnsOf(database, table);
  const count = Number(database.prepare(`SELECT count(*) AS n FROM ${quoted(table)}`).get()?.n);
  const values = key.map((name) => `quote(${quoted(name)}) AS ${quoted(name)}`).join(', ');
  const row = database
    .prepare(`SELECT ${values} FROM ${quoted(table)} LIMIT 1 OFFSET ?`)
    .get(Math.floor(random() * count));
  return key.map((name) => `${quoted(name)} = ${String(row?.[name])}`).join(' AND ');
};
const contentOf = (database: DatabaseSync, table: string): string =>
  JSON.stringify(
    database
      .prepare(
        `SELECT ${columnsOf(database, table)
          .all.map((name) => `quote(${quoted(name)})`)
          .join(', ')} FROM ${quoted(table)}`,
      )
      .all(),
  );

/** New values of a column, as SQL over its old one. */
const changes: readonly ((column: string) => string)[] = [
  (column) => `coalesce(${column}, 0) + 1`,
  (column) => `coalesce(${column}, 0) - 1`,
  () => 'NULL',
  () => '0',
  () => '9007199254740993',
  () => '0.5',
  (column) => `coalesce(${column}, '') || 'x'`,
  (column) => `upper(${column})`,
  (column) => `substr(${column}, 2)`,
  (column) => `CAST(${column} AS BLOB)`,
  () => "x'ff'",
  (column) => `${column} || char(0)`,
];

type Mutation = (database: DatabaseSync, random: Random) => string;
const inTable =
  (change: (database: DatabaseSync, random: Random, table: string) => string): Mutation =>
  (database, random) =>
    change(database, random, pick(random, tablesOf(database)));

const changeValue = inTable((database, random, table) => {
  const column = quoted(pick(random, columnsOf(database, table).all));
  return `UPDATE ${quoted(table)} SET ${column} = ${pick(random, changes)(column)} WHERE ${oneRow(database, random, table)}`;
});
const removeRow = inTable(
  (database, random, table) => `DELETE FROM ${quoted(table)} WHERE ${oneRow(database, random, table)}`,
);
const insertRow = inTable((database, random, table) => {
  const { all, key, rest } = columnsOf(database, table);
  const first = key[0] ?? '';
  const next = `(SELECT typeof(max(${quoted(first)})) FROM ${quoted(table)})`;
  const fresh =
    pick(random, ['max', 'negative']) === 'max'
      ? `(SELECT max(${quoted(first)}) + 1 FROM ${quoted(table)})`
      : `-${quoted(first)} - 1`;
  const value = `CASE ${next} WHEN 'integer' THEN ${fresh} ELSE ${quoted(first)} || 'x' END`;
  const values = all.map((name) => (name === first ? value : quoted(name)));
  return rest.length + key.length === 0
    ? ''
    : `INSERT INTO ${quoted(table)} (${all.map(quoted).join(', ')}) SELECT ${values.join(', ')} FROM ${quoted(table)} WHERE ${oneRow(database, random, table)}`;
});
/** Two rows change places: each gets what the other held besides its key. */
const swapRows = inTable((database, random, table) => {
  const { rest } = columnsOf(database, table);
  if (rest.length === 0) return '';
  const [a, b] = [oneRow(database, random, table), oneRow(database, random, table)];
  const names = rest.map(quoted).join(', ');
  const set = (from: string) => `(${names}) = (SELECT ${names} FROM kept WHERE ${from})`;
  return `CREATE TEMP TABLE kept AS SELECT * FROM ${quoted(table)} WHERE (${a}) OR (${b}); UPDATE ${quoted(table)} SET ${set(b)} WHERE ${a}; UPDATE ${quoted(table)} SET ${set(a)} WHERE ${b}; DROP TABLE kept`;
});
const removeRange = inTable(
  (_, random, table) => `DELETE FROM ${quoted(table)} WHERE random() % ${2 + Math.floor(random() * 9)} = 0`,
);
const changeSchema: Mutation = (database, random) => {
  const name = (type: string) =>
    quoted(
      pick(random, database.prepare('SELECT name FROM sqlite_schema WHERE type = ? AND sql IS NOT NULL').all(type))
        .name,
    );
  return pick(random, [
    () => `DROP TABLE ${name('table')}`,
    () => `DROP VIEW ${name('view')}`,
    () => `DROP INDEX ${name('index')}`,
    () => `ALTER TABLE ${name('table')} ADD COLUMN more`,
    () => 'CREATE TABLE more (a)',
    () => 'CREATE INDEX more ON call (ret)',
    () => 'CREATE TRIGGER more AFTER INSERT ON call BEGIN SELECT 1; END',
    () => 'DROP VIEW losses; CREATE VIEW losses AS SELECT * FROM loss WHERE 0',
    () => 'DROP VIEW calls; CREATE VIEW calls AS SELECT * FROM call WHERE duration_ns < 1000',
    () => 'PRAGMA user_version = 4',
    () => 'PRAGMA application_id = 1',
  ])();
};
const dropChain: Mutation = (_, random) =>
  pick(random, [
    'DELETE FROM evidence_chain',
    "DELETE FROM evidence_chain; DELETE FROM recording WHERE key = 'evidence_key'",
    'DELETE FROM evidence_chain WHERE id = (SELECT max(id) FROM evidence_chain)',
    'DELETE FROM evidence_chain WHERE id = 2',
    "DELETE FROM evidence_chain WHERE kind = 'begin'",
    "DELETE FROM evidence_chain WHERE id > 2; UPDATE recording SET value = 'recording' WHERE key = 'state'",
    'UPDATE evidence_chain SET signature = (SELECT signature FROM evidence_chain WHERE id = 1)',
  ]);

const mutations = { changeValue, removeRow, insertRow, swapRows, removeRange, changeSchema, dropChain } as const;
const shares: readonly (keyof typeof mutations | 'truncate')[] = [
  ...(['changeValue', 'changeValue', 'changeValue', 'removeRow', 'insertRow', 'swapRows'] as const),
  ...(['removeRange', 'changeSchema', 'dropChain', 'truncate'] as const),
];

const allOf = (database: DatabaseSync): string =>
  JSON.stringify([
    database
      .prepare('SELECT * FROM sqlite_schema')
      .all()
      .map(({ sql, name }) => [sql, name]),
    ...['user_version', 'application_id'].map((name) => database.prepare(`PRAGMA ${name}`).get()),
    ...tablesOf(database).map((table) => [table, contentOf(database, table)]),
  ]);

/**
 * Changes the recording in one random way and says how. `write` puts the unchanged recording in its place: called until
 * a change has made a difference.
 */
export const mutate = (path: string, random: Random, write: () => void): string => {
  for (;;) {
    write();
    const kind = pick(random, shares);
    if (kind === 'truncate') {
      const { size } = statSync(path);
      const to = Math.floor(random() * size);
      truncateSync(path, to);
      return `truncated from ${size} to ${to} bytes`;
    }
    const database = new DatabaseSync(path);
    try {
      const before = allOf(database);
      const sql = mutations[kind](database, random);
      database.exec(sql);
      if (allOf(database) !== before) return sql;
    } catch {
      // What the file does not allow, such as the same key twice: another one is tried.
    } finally {
      database.close();
    }
  }
};
