import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { collapseEvents } from './collapse-events.ts';
import type { LiveEvent } from './live-desk.ts';

const WIDE = { characters: 10_000, rows: 100 };
const event = (seq: number, values: LiveEvent['values'], pid = 1): LiveEvent => ({
  ...{ seq, time: seq * 10, pid, tid: seq, uid: 0, cpu: seq % 4, comm: pid === 1 ? 'sh' : 'curl', values },
});
const many = (count: number, valuesOf: (i: number) => LiveEvent['values']) =>
  Array.from({ length: count }, (_, i) => event(i + 1, valuesOf(i), 1 + (i % 2)));

test('a row for each key, with how often, when first and when last', () => {
  const found = collapseEvents(
    many(6, (i) => ({ path: i < 4 ? 'a' : 'b' })),
    ['path'],
    WIDE,
  );
  assert.deepEqual(found.columns, ['pid', 'uid', 'comm', 'path', 'times', 'first_ns', 'last_ns']);
  assert.deepEqual(found.rows, [
    [1, 0, 'sh', 'a', 2, 10, 30],
    [2, 0, 'curl', 'a', 2, 20, 40],
    [1, 0, 'sh', 'b', 1, 50, 50],
    [2, 0, 'curl', 'b', 1, 60, 60],
  ]);
  assert.deepEqual([found.events, found.other, found.left_out], [6, { keys: 0, events: 0 }, { tid: 6, cpu: 4 }]);
});

test('what is another in each event is left out of the key, and said; what repeats stays', () => {
  const found = collapseEvents(
    many(400, (i) => ({ path: `/tmp/${i}`, flags: i % 3, pid: 7 })),
    ['path', 'flags', 'pid'],
    { characters: 1000, rows: 50 },
  );
  assert.deepEqual(found.columns.slice(0, -3), ['pid', 'uid', 'comm', 'flags', 'event.pid']);
  assert.equal(found.left_out.path, 400);
  assert.equal(found.other.events, 0);
});

test('the named columns make the key, however little of it fits; rows are bounded', () => {
  const events = many(400, (i) => ({ path: `/tmp/${i % 100}` }));
  const found = collapseEvents(events, ['path'], { characters: 10_000, rows: 5 }, ['path', 'comm']);
  assert.deepEqual(found.columns, ['comm', 'path', 'times', 'first_ns', 'last_ns']);
  assert.deepEqual([found.rows.length, found.other], [5, { keys: 95, events: 380 }]);
  assert.equal(collapseEvents(events, ['path'], { characters: 1, rows: 5 }).rows.length, 1);
  assert.deepEqual(collapseEvents([], ['path'], WIDE).rows, []);
});

test('the counts of all rows and of what did not fit are the events, whatever they are', () => {
  const value = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom('a', 'b', '"', null));
  const events = fc.array(fc.record({ a: value, b: value, pid: fc.integer({ min: 1, max: 9 }) }), { maxLength: 60 });
  fc.assert(
    fc.property(events, fc.integer({ min: 1, max: 900 }), fc.integer({ min: 1, max: 20 }), (list, characters, rows) => {
      const all = list.map(({ a, b, pid }, i) => event(i + 1, { a, b }, pid));
      const found = collapseEvents(all, ['a', 'b'], { characters, rows });
      const at = found.columns.indexOf('times');
      const shown = found.rows.reduce((sum, row) => sum + Number(row[at]), 0);
      assert.equal(shown + found.other.events, all.length);
      assert.ok(found.rows.length <= rows && found.other.keys >= 0);
      for (const row of found.rows) assert.ok(Number(row[at + 1]) <= Number(row[at + 2]));
    }),
    { numRuns: 60 },
  );
});
