import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blob, maybeNumber, maybeText, number, text, WrongColumn } from './row.ts';

const row = { n: 4, t: 'four', z: null, b: new Uint8Array([4]) };

test('a column is read as what it holds', () => {
  assert.equal(number(row, 'n'), 4);
  assert.equal(text(row, 't'), 'four');
  assert.equal(maybeNumber(row, 'z'), null);
  assert.equal(maybeText(row, 'z'), null);
  assert.deepEqual([...blob(row, 'b')], [4]);
});

test('a column that holds something else is not believed', () => {
  assert.throws(() => number(row, 't'), WrongColumn);
  assert.throws(() => number(row, 'z'), /column z should be a number and is null/);
  assert.throws(() => maybeNumber(row, 'missing'), /column missing should be a number and is undefined/);
  assert.throws(() => text(row, 'n'), WrongColumn);
  assert.throws(() => maybeText(row, 'n'), WrongColumn);
  assert.throws(() => blob(row, 't'), WrongColumn);
});
