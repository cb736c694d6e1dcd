import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded } from '../../test/recorded.ts';
import { readAlerts, readNetworkCounters, readPending, readProof } from './read-alerts.ts';

test('alerts come back in the shape of the running watches, with what was not watched', () => {
  recorded(
    (scene) => {
      const evidence = JSON.stringify([scene.liveEvent('skb:kfree_skb', 5, { reason: 'IP_CSUM' })]);
      scene.alert(5, { evidence, facts: '{"class":"malformed","reason":"IP_CSUM"}', severity: 'low' });
      scene.alert(7, {
        ...{ watch: 'security', rule: 'ptrace_attach', severity: 'high', technique: 'T1055.008', pid: 4, comm: 'gdb' },
        ...{ exe: '/usr/bin/gdb', parents: '[{"pid":1,"comm":"init"},{"pid":"x"}]', facts: 'no JSON' },
      });
      scene.alert(8, { severity: 'info' });
      scene.writer.loss('alert_held_back', 0, 9, 30, 'mount');
      scene.writer.loss('watch_partial', 0, 0, 1, 'ptrace_attach: syscalls:sys_enter_ptrace: there is none');
      scene.writer.setFact('network_counters', '{"tcp_segments_sent":100,"x":"y"}');
    },
    ({ database, facts }) => {
      const all = readAlerts(database, facts, { after: 0, least: 'info' });
      assert.deepEqual(
        all.alerts.map(({ id, severity, time }) => [id, severity, time]),
        [
          [1, 'low', 5],
          [2, 'high', 7],
          [3, 'info', 8],
        ],
      );
      const [dropped, traced] = all.alerts;
      assert.deepEqual(
        [dropped?.process, dropped?.facts.class, dropped?.evidence],
        [undefined, 'malformed', ['live_events:1']],
      );
      assert.deepEqual([traced?.process?.exe, traced?.technique, traced?.facts], ['/usr/bin/gdb', 'T1055.008', {}]);
      assert.deepEqual(traced?.ancestry, [{ pid: 1, comm: 'init' }]);
      assert.deepEqual(all.held_back, { mount: 30 });
      assert.equal(all.last_id, 3);
      assert.deepEqual(all.not_watched, [
        'network: the recording was made without --watch network',
        'ptrace_attach: syscalls:sys_enter_ptrace: there is none',
      ]);
      assert.deepEqual(
        readAlerts(database, facts, { after: 1, least: 'medium' }).alerts.map(({ id }) => id),
        [2],
      );
      assert.deepEqual(readPending(database, 0), { count: 2, max_severity: 'high' });
      assert.equal(readPending(database, 2), undefined, 'what only informs is no news');
      assert.deepEqual(readNetworkCounters(facts), { tcp_segments_sent: 100 });
    },
    { watches: 'security' },
  );
});

test('a recording of before there were alerts has none', () => {
  recorded(
    () => {},
    ({ database, facts }) => {
      assert.equal(readAlerts(database, facts, { after: 0, least: 'info' }).not_watched.length, 2);
      assert.deepEqual(readNetworkCounters(facts), {});
    },
  );
});

test('the events that prove an alert, and how many of them are gone', () => {
  recorded(
    (scene) => {
      const row = scene.liveEvent('skb:kfree_skb', 5, { reason: 'IP_CSUM' });
      scene.alert(5, { evidence: JSON.stringify([row, 'live_events:99', 'live:3', 7]) });
      scene.alert(6);
    },
    ({ database }) => {
      const { events, gone } = readProof(database, 1);
      assert.deepEqual(
        events.map(({ row, event, time, values }) => [row, event, time, values]),
        [['live_events:1', 'skb:kfree_skb', 5, { reason: 'IP_CSUM' }]],
      );
      assert.equal(gone, 2);
      for (const id of [2, 3]) assert.deepEqual(readProof(database, id), { events: [], gone: 0 });
    },
  );
});
