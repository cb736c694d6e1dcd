import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Batch } from './batch.ts';

const numbered = (rows: number, flushEvery: number): { readonly stored: readonly unknown[]; readonly last: number } => {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)');
  const batch = new Batch(database, 't', ['a', 'b']);
  for (let i = 1; i <= rows; i++) {
    const at = batch.next();
    batch.values[at] = i * 10;
    batch.values[at + 1] = i % 2 === 0 ? null : i;
    assert.equal(batch.lastId, i);
    if (i % flushEvery === 0) batch.flush();
  }
  batch.flush();
  batch.flush();
  const stored = database
    .prepare('SELECT id, a, b FROM t ORDER BY id')
    .all()
    .map(({ id, a, b }) => [id, a, b]);
  database.close();
  return { stored, last: batch.lastId };
};

for (const [rows, flushEvery] of [
  [0, 1],
  [1, 100],
  [127, 300],
  [128, 300],
  [129, 300],
  [256, 128],
  [1000, 1000],
  [200, 7],
] as const) {
  test(`${rows} rows, inserted every ${flushEvery}, are all there once and in order`, () => {
    const expected = Array.from({ length: rows }, (_, i) => [i + 1, (i + 1) * 10, i % 2 === 0 ? i + 1 : null]);
    assert.deepEqual(numbered(rows, flushEvery), { stored: expected, last: rows });
  });
}

test('columns that are empty or 0 in all rows of a batch are stored as such, and so are the others', () => {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c INTEGER)');
  const batch = new Batch(database, 't', ['a', 'b', 'c']);
  const expected: (readonly (number | null)[])[] = [];
  for (let i = 1; i <= 700; i++) {
    const part = Math.floor(i / 128);
    const row = [i % 7, part % 2 === 0 ? null : i % 3, part % 3 === 0 ? 0 : part % 3 === 1 ? null : 2 ** 40 + i];
    const at = batch.next();
    for (const [column, value] of row.entries()) batch.values[at + column] = value;
    expected.push([i, ...row]);
  }
  batch.flush();
  const stored = database.prepare('SELECT id, a, b, c FROM t ORDER BY id').all();
  assert.deepEqual(
    stored.map(({ id, a, b, c }) => [id, a, b, c]),
    expected,
  );
  const types = database.prepare('SELECT DISTINCT typeof(a), typeof(b), typeof(c) FROM t').all();
  assert.ok(types.every((row) => Object.values(row).every((type) => type === 'integer' || type === 'null')));
  database.close();
});

test('ids go on when the rows before were taken away', () => {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)');
  const batch = new Batch(database, 't', ['a']);
  const add = (rows: number) => {
    for (let i = 0; i < rows; i++) batch.values[batch.next()] = i;
    batch.flush();
  };
  add(200);
  database.exec('DELETE FROM t');
  add(200);
  const row = database.prepare('SELECT min(id) AS first, max(id) AS last, count(*) AS n FROM t').get();
  assert.deepEqual([row?.first, row?.last, row?.n], [201, 400, 200]);
  database.close();
});
