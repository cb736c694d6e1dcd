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
