// Alerts of a recording, through the tools: pages, severities, and that each caller is told of what it has not been shown.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { scene } from '../../../test/scene.ts';
import type { Alert } from '../../base/alert.ts';
import type { AlertsRead, LiveDesk, ProofEvent } from '../../base/live-desk.ts';
import { deskForTest } from '../control/desk-for-test.ts';
import type { Principal } from '../identity/principal.ts';
import { AGENT_BUDGET, type ToolContext } from '../tool.ts';
import { alertsAnswer } from '../tools/get-alerts.ts';
import { networkAnswer } from '../tools/get-network-health.ts';
import { toolNamed } from '../tools.ts';
import { callTool } from '../worker/call-tool.ts';
import { proofTables } from './proof-tables.ts';

const watched = scene({
  watches: 'network,security',
  network_counters: '{"tcp_segments_sent":50,"tcp_segments_sent_again":2}',
});
const unwatched = scene();
const MANY = 60;
const facts = JSON.stringify({
  class: 'policy',
  reason: 'NETFILTER_DROP',
  location: 'nft_do_chain',
  from: '10.0.0.1',
  to: '10.0.0.2',
});

before(() => {
  for (let i = 0; i < MANY; i++) {
    const evidence = JSON.stringify([watched.liveEvent('skb:kfree_skb', i, { reason: 'NETFILTER_DROP' })]);
    const parts = {
      facts,
      evidence,
      pid: 9,
      comm: 'nginx',
      exe: `/usr/sbin/${'nginx'.repeat(20)}`,
      parents: '[{"pid":1,"comm":"init"}]',
    };
    watched.alert(i, i % 20 === 7 ? { ...parts, watch: 'security', rule: 'ptrace_attach', severity: 'high' } : parts);
  }
  for (const made of [watched, unwatched]) made.done();
});
after(() => {
  for (const made of [watched, unwatched]) made.remove();
});

const caller = (id: string): Principal => ({ kind: 'peer', id, scopes: ['telemetry:read'], transport: 'socket' });
const contextOf = (path: string, more: Partial<ToolContext> = {}): ToolContext => ({
  ...{ path: () => path, check: () => Promise.reject(new Error('not here')), budget: AGENT_BUDGET },
  ...more,
});
const ask = (name: string, args: object, context: ToolContext) => callTool(toolNamed(name), args, context);

test('all alerts of a recording come in pages that fit, each once', async () => {
  const context = contextOf(watched.path, { principal: caller('pages') });
  const ids: number[] = [];
  for (let since = 0, more = 1; more > 0 && ids.length < 100; ) {
    const answer = await ask('get_alerts', { since }, context);
    assert.ok(JSON.stringify(answer).length < 1.1 * AGENT_BUDGET, `${JSON.stringify(answer).length} characters`);
    const page = alertsAnswer.parse(answer);
    ids.push(...page.alerts.map(({ id }) => id));
    ({ since, more } = page);
  }
  assert.deepEqual(
    ids,
    Array.from({ length: MANY }, (_, i) => i + 1),
  );
  const worst = alertsAnswer.parse(await ask('get_alerts', { min_severity: 'high' }, context));
  assert.deepEqual(
    worst.alerts.map(({ id, evidence }) => [id, evidence]),
    [
      [8, ['live_events:8']],
      [28, ['live_events:28']],
      [48, ['live_events:48']],
    ],
  );
});

test('the network of a recording on one page; of one that was not watched nothing is claimed', async () => {
  const health = networkAnswer.parse(await ask('get_network_health', {}, contextOf(watched.path)));
  assert.deepEqual([health.verdict, health.findings.length, health.retransmitted_share], ['faulty', 1, 0.04]);
  assert.equal(health.findings[0]?.count, MANY - 3);
  const none = networkAnswer.parse(await ask('get_network_health', { pid: 9 }, contextOf(unwatched.path)));
  assert.deepEqual([none.verdict, none.findings], ['unknown', []]);
});

test('every answer tells of alerts that its caller has not been shown, until they were', async () => {
  const [context, other] = ['one', 'other'].map((id) => contextOf(watched.path, { principal: caller(id) }));
  assert.ok(context !== undefined && other !== undefined);
  const all = { count: MANY, max_severity: 'high' };
  assert.deepEqual((await ask('get_trace_stats', {}, context)).alerts_pending, all);
  assert.deepEqual((await ask('run_sql', { query: 'SELECT 1' }, context)).alerts_pending, all);
  for (const part of [{ since: 47 }, { min_severity: 'high' }]) await ask('get_alerts', part, context);
  const unread = await ask('get_trace_stats', {}, context);
  assert.deepEqual(unread.alerts_pending, all, 'what was passed over was not shown');
  const page = alertsAnswer.parse(await ask('get_alerts', {}, context));
  assert.equal(page.more > 0, true);
  const left = await ask('get_trace_stats', {}, context);
  assert.deepEqual(left.alerts_pending, { count: page.more, max_severity: 'high' });
  for (let { since, more } = page; more > 0; )
    ({ since, more } = alertsAnswer.parse(await ask('get_alerts', { since }, context)));
  assert.equal('alerts_pending' in (await ask('get_trace_stats', {}, context)), false);
  assert.deepEqual((await ask('get_trace_stats', {}, other)).alerts_pending, all, 'another caller has seen none');
  assert.equal('alerts_pending' in (await ask('get_trace_stats', {}, contextOf(unwatched.path))), false);
});

test('a server that watches answers from the kernel, and from its recording when that is asked for', async () => {
  const alert: Alert = {
    ...{
      id: 3,
      rule: 'mount',
      watch: 'security',
      severity: 'low',
      title: 'mounted',
      time: 1,
      last: 1,
      count: 1,
      key: '',
    },
    ...{ facts: {}, evidence: [], benign: '' },
  };
  const live: Pick<LiveDesk, 'alerts' | 'networkCounters'> = {
    alerts: async ({ after: since }) => ({
      ...{ held_back: {}, not_watched: [], last_id: 3, gap: 0, unseen: {} },
      alerts: since < 3 ? [alert] : [],
    }),
    networkCounters: async () => ({}),
  };
  const nothing = () => Promise.reject(new Error('not asked'));
  const desk: LiveDesk = {
    ...{
      startWatches: nothing,
      subscribe: nothing,
      list: nothing,
      facts: nothing,
      watch: nothing,
      unsubscribe: nothing,
    },
    ...{ events: nothing, news: nothing, stop: nothing, proof: nothing },
    ...live,
  };
  const context = contextOf(watched.path, {
    ...{ principal: caller('live'), live: async () => desk },
    pendingAlerts: async (since) => (since < 3 ? { count: 1, max_severity: 'low' } : undefined),
  });
  assert.deepEqual((await ask('get_trace_stats', {}, context)).alerts_pending, { count: 1, max_severity: 'low' });
  assert.deepEqual(
    alertsAnswer.parse(await ask('get_alerts', {}, context)).alerts.map(({ rule }) => rule),
    ['mount'],
  );
  assert.equal('alerts_pending' in (await ask('get_trace_stats', {}, context)), false);
  const recording = alertsAnswer.parse(await ask('get_alerts', { recording: true, min_severity: 'high' }, context));
  assert.equal(recording.alerts.length, 3);
});

test('a live network is healthy only where it was watched for a while, and a fault of long ago is none of now', async () => {
  const fault: Alert = {
    ...{ id: 1, rule: 'drops', watch: 'network', severity: 'high', title: 'd', time: 1e9, last: 1e9, count: 1 },
    ...{ key: '', facts: {}, evidence: [], benign: '' },
  };
  const healthOf = async (read: Partial<AlertsRead>, pid?: number) => {
    const nothing = () => Promise.reject(new Error('not asked'));
    const desk: LiveDesk = {
      ...{ startWatches: nothing, subscribe: nothing, list: nothing, facts: nothing, watch: nothing },
      ...{ unsubscribe: nothing, events: nothing, news: nothing, stop: nothing, proof: nothing },
      networkCounters: async () => ({}),
      alerts: async () => ({
        ...{ alerts: [], held_back: {}, not_watched: [], last_id: 1, gap: 0, unseen: {}, now: 99e9, since: 0 },
        ...read,
      }),
    };
    const context = contextOf(watched.path, { principal: caller('health'), live: async () => desk });
    return networkAnswer.parse(await ask('get_network_health', pid === undefined ? {} : { pid }, context));
  };
  const verdictOf = async (read: Partial<AlertsRead>) => (await healthOf(read)).verdict;
  assert.equal(await verdictOf({}), 'healthy');
  assert.equal(await verdictOf({ since: 98e9 }), 'unknown');
  for (const line of ['drops: net: refused', 'sockets: tcp:tcp_send_reset: none', 'network: off'])
    assert.equal(await verdictOf({ not_watched: [line] }), 'unknown');
  assert.equal(await verdictOf({ not_watched: ['mount: syscalls:sys_enter_mount: none'] }), 'healthy');
  assert.equal(await verdictOf({ alerts: [fault], not_watched: ['drops: net: refused'] }), 'faulty');
  assert.equal(await verdictOf({ alerts: [fault], now: 3600e9 }), 'healthy');
  const ofOne = await healthOf({ alerts: [fault] }, 7);
  assert.deepEqual([ofOne.verdict, ofOne.unattributed, ofOne.watched_for_s], ['healthy', 1, 99]);
});

test('one alert with the events that prove it, from a recording and from the running kernel', async () => {
  const of = async (context: ToolContext, args: object) => alertsAnswer.parse(await ask('get_alerts', args, context));
  const recorded = await of(contextOf(watched.path), { id: 8 });
  assert.deepEqual(
    recorded.alerts.map(({ id, rule }) => [id, rule]),
    [[8, 'ptrace_attach']],
  );
  assert.deepEqual([recorded.proof?.gone, recorded.proof?.more, recorded.since], [0, 0, 0]);
  const [table] = recorded.proof?.tables ?? [];
  assert.equal(table?.event, 'skb:kfree_skb');
  assert.deepEqual(table?.columns, ['row', 'time_ns', 'pid', 'tid', 'uid', 'cpu', 'comm', 'reason']);
  assert.deepEqual(table?.rows, [['live_events:8', 7, 0, 0, 0, 0, '', 'NETFILTER_DROP']]);
  await assert.rejects(of(contextOf(watched.path), { id: 999 }), /no alert 999: the newest one is 60/);
  const { desk, raise } = deskForTest();
  for (let i = 0; i < 3; i++) raise();
  const context = contextOf(unwatched.path, { principal: caller('proof'), live: async () => desk });
  const live = await of(context, { id: 2 });
  assert.deepEqual([live.alerts.length, live.alerts[0]?.id, live.proof?.gone], [1, 2, 1]);
  assert.deepEqual(live.proof?.tables[0]?.rows, [['live:2', 2, 1, 1, null, 0, 'c', '/tmp/2']]);
});

test('proofs that do not fit are counted, and each kind of event has a table of its own', () => {
  const proof = (row: string, event: string, path: string): ProofEvent => ({
    ...{ row, event, time: 1, pid: 2, tid: 2, uid: null, cpu: null, comm: 'x', values: { path } },
  });
  const events = [proof('live:1', 'a:b', '/x'), proof('live:2', 'c:d', '/y'), proof('live:3', 'a:b', '/z')];
  const all = proofTables(events, 10_000);
  assert.deepEqual(
    all.tables.map(({ event, rows }) => [event, rows.length]),
    [
      ['a:b', 2],
      ['c:d', 1],
    ],
  );
  assert.equal(all.more, 0);
  assert.deepEqual([proofTables(events, 1).more, proofTables([], 1).tables], [2, []]);
});
