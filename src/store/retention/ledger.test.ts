// What a recording without seals remembers of when its rows were written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openEmpty } from '../open.ts';
import { countedLedger } from './ledger.ts';

test('stretches are a second long, and two become one when there are too many', () => {
  const database = openEmpty();
  database.exec('CREATE TABLE t (id INTEGER PRIMARY KEY)');
  const table = { table: 't', sealed: 'growing', columns: [], numbers: true, key: ['id'] } as const;
  const ledger = countedLedger(database, [table], 4);
  const write = (second: number) => {
    database.exec('INSERT INTO t DEFAULT VALUES; INSERT INTO t DEFAULT VALUES');
    ledger.note(second * 1e9);
    ledger.note(second * 1e9 + 5e8);
  };
  for (let second = 1; second <= 3; second++) write(second);
  assert.deepEqual(ledger.after(0), { number: 1, time: 1e9, parts: [{ table: 't', after: 0, last: 2 }] });
  assert.deepEqual(ledger.after(1)?.parts, [{ table: 't', after: 2, last: 4 }]);
  write(4);
  write(5);
  assert.deepEqual(ledger.after(0), { number: 2, time: 2e9, parts: [{ table: 't', after: 0, last: 4 }] });
  assert.equal(ledger.last(), 5);
  ledger.drop(2);
  assert.deepEqual(ledger.after(0)?.parts, [{ table: 't', after: 4, last: 8 }]);
  database.exec('DELETE FROM t');
  ledger.note(6e9);
  assert.equal(ledger.after(5), undefined, 'rows that have gone are no new ones');
  database.close();
});
