// What a reader of a subscription gets, without a kernel: until a number, a match, an alert, or the time is over; events or counts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding, Severity } from '../base/alert.ts';
import type { LiveEvent, WatchRequest } from '../base/live-desk.ts';
import { parseFormat } from '../capture/live/format.ts';
import { createAlertBook } from './alerts/book.ts';
import { createEventLog } from './event-log.ts';
import { readLog } from './read-log.ts';

const format = parseFormat(
  'x',
  `name: e\nID: 1\nformat:\n${[
    ['int sig', 8, 4, 1],
    ['char path[64]', 12, 64, 0],
    ['void * where', 80, 8, 0],
  ]
    .map(([name, offset, size, signed]) => `\tfield:${name};\toffset:${offset};\tsize:${size};\tsigned:${signed};`)
    .join('\n')}\n\nprint fmt: "%d", REC->sig\n`,
);
assert.ok(format !== undefined);

const subscription = (kept = 10_000) => {
  const log = createEventLog(kept);
  const waiting = new Set<() => void>();
  const book = createAlertBook();
  let hasEnded = false;
  const wake = () => {
    for (const one of [...waiting]) one();
  };
  const source = {
    ...{ epoch: 'e', id: 's1', format, log, waiting, drain: () => {} },
    hasEnded: () => hasEnded,
    alerts: () => book,
  };
  return {
    read: (request: Partial<WatchRequest>) => readLog(source, { id: 's1', count: 100, waitMs: 0, ...request }),
    add: (values: LiveEvent['values'], pid = 1) => {
      log.add({ time: (log.last() + 1) * 10, pid, tid: pid, uid: 0, cpu: 0, comm: 'sh', values });
      wake();
    },
    raise: (severity: Severity, key: string) => {
      const finding: Finding = {
        ...{ rule: 'r', watch: 'security', severity, title: 't', time: 0, key, facts: {}, evidence: [], benign: '' },
      };
      book.add(finding);
      wake();
    },
    end: () => {
      hasEnded = true;
      wake();
    },
  };
};

test('the wait ends with the first event for which a condition holds, and the next one begins after it', async () => {
  const { read, add } = subscription();
  for (const sig of [1, 2]) add({ sig, path: '/a' });
  const waiting = read({ match: 'sig == 9 and path ~ "/etc/*"', waitMs: 10_000 });
  for (const [sig, path] of [
    [9, '/tmp/x'],
    [9, '/etc/passwd'],
    [9, '/etc/shadow'],
  ] as const)
    add({ sig, path });
  const first = await waiting;
  assert.deepEqual(
    [first.stopped, first.match?.seq, first.events.map(({ seq }) => seq), first.more, first.cursor],
    ['match', 4, [1, 2, 3, 4], 1, 'e.s1.4'],
  );
  const second = await read({ match: 'path ~ "/etc/*"', cursor: first.cursor });
  assert.deepEqual([second.stopped, second.match?.seq, second.more], ['match', 5, 0]);
  const none = await read({ match: 'path ~ "/etc/*"', cursor: second.cursor, waitMs: 5 });
  assert.deepEqual([none.stopped, none.events, none.match], ['time', [], undefined]);
  const number = await read({ match: 'sig == 77', count: 3 });
  assert.deepEqual([number.stopped, number.events.length, number.more], ['count', 3, 2]);
});

test('a condition or a column that does not fit the event is refused in words', async () => {
  const { read } = subscription();
  for (const [request, words] of [
    [{ match: 'sigg == 1' }, /did you mean sig\?/],
    [{ match: 'where == 1' }, /an address of the kernel/],
    [{ match: 'sig' }, /it ends where an operator/],
    [{ match: '' }, /it ends where a field/],
    [{ collapse: { over: 0, by: ['pth'] } }, /cannot be counted by pth: .*did you mean path\?/],
    [{ collapse: { over: 0, by: ['where'] } }, /cannot be counted by where/],
    [{ cursor: 'e.s2.0' }, /not one of this subscription/],
    [{ cursor: 'e.s1.7' }, /not one of this subscription/],
  ] as const)
    await assert.rejects(read(request), words);
});

test('the wait ends with an alert that is bad enough; the cursor keeps its place among the alerts, too', async () => {
  const { read, add, raise } = subscription();
  raise('critical', 'before');
  const waiting = read({ severity: 'high', waitMs: 10_000 });
  add({ sig: 1, path: '/a' });
  raise('low', 'harmless');
  raise('high', 'first');
  const first = await waiting;
  assert.deepEqual(
    [first.stopped, first.alerts?.map(({ id }) => id), first.events.length, first.cursor],
    ['severity', [3], 1, 'e.s1.1.3'],
  );
  raise('critical', 'between');
  const second = await read({ severity: 'high', cursor: first.cursor });
  assert.deepEqual([second.stopped, second.alerts?.map(({ id }) => id)], ['severity', [4]]);
  const third = await read({ cursor: second.cursor });
  assert.deepEqual([third.stopped, third.cursor], ['time', 'e.s1.1.4']);
});

test('more than a reader takes comes bit by bit, far more as counts; totals are exact', async () => {
  const { read, add } = subscription();
  const room = { characters: 400, rows: 1000 };
  for (let i = 0; i < 20; i++) add({ sig: i % 3, path: `/tmp/${i}` });
  const page = await read({ room, collapse: { over: 1000 } });
  assert.ok(page.events.length > 1 && page.events.length < 20 && page.more === 20 - page.events.length);
  assert.equal(page.cursor, `e.s1.${page.events.length}`);
  const counted = await read({ room, collapse: { over: 1 } });
  assert.deepEqual([counted.events, counted.more, counted.cursor], [[], 0, 'e.s1.20']);
  assert.deepEqual(counted.collapsed?.columns, ['pid', 'uid', 'comm', 'sig', 'times', 'first_ns', 'last_ns']);
  assert.deepEqual(counted.collapsed?.rows[0], [1, 0, 'sh', 0, 7, 10, 190]);
  assert.deepEqual([counted.collapsed?.events, counted.collapsed?.left_out], [20, { path: 20 }]);
  const named = await read({ room, collapse: { over: 0, by: ['sig'] }, cursor: 'e.s1.18' });
  assert.deepEqual(named.collapsed?.rows, [
    [0, 1, 190, 190],
    [1, 1, 200, 200],
  ]);
  const matched = await read({ room, collapse: { over: 3 }, match: 'path == "/tmp/12"', count: 1000 });
  assert.deepEqual([matched.stopped, matched.collapsed?.events, matched.cursor], ['match', 13, 'e.s1.13']);
  const taken = await read({ take: 5 });
  assert.deepEqual([taken.events.length, taken.more, taken.stopped], [5, 15, 'time']);
});

test('what is kept no longer is a gap, in counts as in events; an end ends the wait', async () => {
  const { read, add, end } = subscription(10);
  for (let i = 0; i < 25; i++) add({ sig: 1, path: '/a' });
  const late = await read({ cursor: 'e.s1.2', collapse: { over: 0 } });
  assert.deepEqual([late.gap, late.collapsed?.events, late.more], [13, 10, 0]);
  assert.equal((await read({ cursor: 'e.s1.20' })).gap, 0);
  const waiting = read({ cursor: 'e.s1.25', waitMs: 10_000 });
  end();
  assert.equal((await waiting).stopped, 'ended');
});
