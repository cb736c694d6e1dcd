import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { createInterner } from './interner.ts';

const open = () => {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT)');
  return { database, interner: createInterner(database, 't', ['a', 'b']) };
};

test('the same values have the same id and are written once', () => {
  const { database, interner } = open();
  const ids = [
    interner.idOf([1, 'x']),
    interner.idOf([2, 'x']),
    interner.idOf([1, 'x']),
    interner.idOf([1, null]),
    interner.idOf([1, null]),
  ];
  assert.deepEqual(ids, [1, 2, 1, 3, 3]);
  const rows = database.prepare('SELECT id, a, b FROM t ORDER BY id').all();
  assert.deepEqual(
    rows.map(({ id, a, b }) => [id, a, b]),
    [
      [1, 1, 'x'],
      [2, 2, 'x'],
      [3, 1, null],
    ],
  );
  database.close();
});

test('values that look alike side by side are told apart', () => {
  const { database, interner } = open();
  assert.notEqual(interner.idOf([1, '2']), interner.idOf([12, '']));
  assert.notEqual(interner.idOf([1, '']), interner.idOf([null, '1']));
  database.close();
});
