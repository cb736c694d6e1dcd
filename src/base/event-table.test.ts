import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventTable } from './event-table.ts';
import type { LiveEvent } from './live-desk.ts';

const event = (seq: number, values: LiveEvent['values'] = { path: 'a', pid: 7 }): LiveEvent => ({
  ...{ seq, time: seq * 10, pid: 1, tid: 1, uid: 0, cpu: 0, comm: 'c', values },
});

test('equal events in a row are one row; a field whose name is taken keeps its value under another', () => {
  const table = eventTable([event(1), event(2), event(3, { path: 'b', pid: 8 })], ['path', 'pid']);
  assert.deepEqual(table.columns, ['time_ns', 'pid', 'tid', 'uid', 'cpu', 'comm', 'path', 'event.pid', 'times']);
  assert.deepEqual(table.rows, [
    [10, 1, 1, 0, 0, 'c', 'a', 7, 2],
    [30, 1, 1, 0, 0, 'c', 'b', 8, 1],
  ]);
  assert.equal(table.events, 3);
});

test('what does not fit stays, and at least one row comes', () => {
  const many = Array.from({ length: 100 }, (_, i) => event(i, { path: String(i), pid: 7 }));
  const table = eventTable(many, ['path'], { characters: 600, rows: 100 });
  assert.ok(table.events > 1 && table.events < 100);
  assert.ok(JSON.stringify(table.rows).length < 700);
  assert.equal(eventTable(many, ['path'], { characters: 1, rows: 100 }).events, 1);
  assert.equal(eventTable(many, ['path'], { characters: 9000, rows: 7 }).events, 7);
});
