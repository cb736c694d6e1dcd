import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countLines, eventLine, timeOfDay } from './event-line.ts';

test('an event as a line, and many as counts with what did not fit', () => {
  const at = (ns: number) => timeOfDay(ns, 0);
  const event = { time: 5e6, pid: 7, comm: 'a b', values: { path: '/x', size: null } };
  assert.equal(eventLine(event, 'a:b', 0), `${at(5e6)} "a b" (7) a:b path=/x size=?`);
  const collapsed = {
    columns: ['comm', 'path', 'times', 'first_ns', 'last_ns'],
    rows: [
      ['sh', '/x', 40, 5e6, 9e6],
      ['sh', null, 2, 6e6, 7e6],
    ],
    ...{ events: 45, other: { keys: 2, events: 3 }, left_out: {} },
  };
  assert.deepEqual(countLines(collapsed, 'a:b', 0), [
    `${at(5e6)} 40 times a:b comm=sh path=/x until ${at(9e6)}`,
    `${at(6e6)} 2 times a:b comm=sh path=? until ${at(7e6)}`,
    'and 3 others of 2 kinds',
  ]);
  assert.equal(countLines({ ...collapsed, other: { keys: 0, events: 0 } }, 'a:b', 0).length, 2);
});
