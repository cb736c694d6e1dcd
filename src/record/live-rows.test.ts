// What subscriptions and watches deliver beside a recording: clean rows without secrets, within limits, and what is missing said.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded } from '../../test/recorded.ts';
import type { Alert } from '../base/alert.ts';
import type { KeptEvent, LiveValue } from '../base/live-desk.ts';
import type { Recording } from '../store/recording.ts';
import { createLiveRows, type LiveRows } from './live-rows.ts';

const event = (values: Readonly<Record<string, LiveValue>>, pid = 7): KeptEvent => ({
  ...{ time: 1000, pid, tid: pid, uid: 0, cpu: 1, comm: '\u001b[31mevil\n', values },
});
const alert = (id: number, parts: Partial<Alert> = {}): Alert => ({
  ...{ id, rule: 'ptrace_attach', watch: 'security', severity: 'high', title: 'attached itself', time: 2000, key: '' },
  ...{ facts: { target_pid: 9 }, evidence: ['live_events:1'], benign: 'debuggers do', count: 1, last: 2000 },
  process: { pid: 7, comm: 'gdb', exe: '/usr/bin/gdb', exe_id: '8:99', uid: 0 },
  ancestry: [{ pid: 1, comm: 'init', exe: '/sbin/init' }],
  ...parts,
});

/** Rows of a query to a recording into which something was delivered. */
const delivered = (deliver: (rows: LiveRows) => void, query: string, keepArguments = false) =>
  recorded(
    ({ writer }) => {
      const met: number[] = [];
      const rows = createLiveRows({
        ...{ writer, keepArguments, now: () => 5e9, guarded: (step) => step() },
        met: (pid) => met.push(pid),
      });
      deliver(rows);
      rows.settle();
    },
    ({ database }: Recording) => database.prepare(query).all(),
  );

test('texts are cleaned and secrets taken out, unless they are to be kept', () => {
  const values = { filename: '\u202e/srv/x --password=hunter2', flags: 3, size: null };
  const expression = 'syscalls:sys_enter_openat where filename ~ "*token=abcdef0123456789*"';
  const deliver = (rows: LiveRows) => rows.event(event(values), 'syscalls:sys_enter_openat', expression);
  const query = 'SELECT comm, event, subscription, fields FROM live_events';
  const [row] = delivered(deliver, query);
  assert.equal(row?.comm, 'evil ');
  assert.equal(row?.fields, '{"filename":"/srv/x --password=[redacted]","flags":3,"size":null}');
  assert.doesNotMatch(String(row?.subscription), /abcdef/);
  assert.match(String(delivered(deliver, query, true)[0]?.fields), /hunter2/);
});

test('evidence has a row and a name; of a flood so many a second, and the rest is a loss', () => {
  const names: (string | undefined)[] = [];
  const deliver = (rows: LiveRows) => {
    for (let i = 0; i < 130; i++) names.push(rows.keep(event({ i }, 0), 'skb:kfree_skb'));
    names.push(rows.keep(event({}), 'tcp:tcp_retransmit_skb'));
  };
  const [counted] = delivered(deliver, 'SELECT count(*) AS n, count(pid) AS known FROM live_events');
  assert.deepEqual({ ...counted }, { n: 101, known: 1 });
  assert.deepEqual(
    [names[0], names[99], names[100], names[130]],
    ['live_events:1', 'live_events:100', undefined, 'live_events:101'],
  );
  const [loss] = delivered(deliver, "SELECT reason, count, detail FROM losses WHERE reason = 'live_limited'");
  assert.deepEqual({ ...loss }, { reason: 'live_limited', count: 30, detail: 'skb:kfree_skb: rows of evidence' });
});

test('what others ask for has less room than what the recording was asked for', () => {
  const deliver = (rows: LiveRows) => {
    for (let i = 0; i < 600; i++) {
      rows.event(event({ i }), 'a:b', 'a:b');
      rows.asked(event({ i }), 'c:d', 'c:d where i > 0');
    }
  };
  const query = 'SELECT event, count(*) AS n FROM live_events GROUP BY event ORDER BY event';
  assert.deepEqual(
    delivered(deliver, query).map((row) => ({ ...row })),
    [
      { event: 'a:b', n: 600 },
      { event: 'c:d', n: 500 },
    ],
  );
  const [loss] = delivered(deliver, "SELECT count, detail FROM losses WHERE reason = 'live_limited'");
  assert.deepEqual({ ...loss }, { count: 100, detail: 'rows of what others asked for' });
});

test('an alert is a row that stays as it is; what is found again adds to it', () => {
  const deliver = (rows: LiveRows) => {
    rows.alert(alert(1));
    rows.alert(alert(2, { process: undefined, severity: 'info', rule: 'reset_sent', technique: 'T1' }));
    for (const time of [3000, 4000]) rows.again(alert(1), { ...alert(1), time, evidence: ['live_events:5'] });
    rows.settle();
    rows.again(alert(1), { ...alert(1), time: 5000, evidence: [] });
    assert.deepEqual(rows.alerts(), { count: 1, max_severity: 'high' });
  };
  const rows = delivered(deliver, 'SELECT id, start_ns, end_ns, count, level, pid, exe, parents, evidence FROM alerts');
  const parents = '[{"pid":1,"comm":"init","exe":"/sbin/init"}]';
  assert.deepEqual(
    rows.map((row) => ({ ...row })),
    [
      {
        ...{ id: 1, start_ns: 2000, end_ns: 5000, count: 4, level: 3, pid: 7, exe: '/usr/bin/gdb', parents },
        evidence: '["live_events:1","live_events:5","live_events:5"]',
      },
      {
        id: 2,
        start_ns: 2000,
        end_ns: 2000,
        count: 1,
        level: 0,
        pid: null,
        exe: null,
        parents,
        evidence: '["live_events:1"]',
      },
    ],
  );
});
