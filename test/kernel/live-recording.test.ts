// What subscriptions and watches see beside a recording is in its file: alerts with the rows that prove them, on the clock of
// the waits, sealed with them; and what happened to packets explains a wait.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { causalChains } from '../../src/analysis/chains.ts';
import { evidenceFolder } from '../../src/cli/evidence-key.ts';
import { AGENT_BUDGET } from '../../src/serve/tool.ts';
import { alertsAnswer, getAlerts } from '../../src/serve/tools/get-alerts.ts';
import { getNetworkHealth, networkAnswer } from '../../src/serve/tools/get-network-health.ts';
import { knownPublicKey } from '../../src/store/evidence/key.ts';
import { verifyRecording } from '../../src/store/evidence/verify.ts';
import { number, text } from '../../src/store/row.ts';
import { freshFolder, here, record, startRecorder } from './recorder.ts';

const PYTHON = '/usr/bin/python3';
const SUSPICIOUS = new URL('../../lab/live/suspicious.py', import.meta.url).pathname;
const LOSSY = new URL('./programs/lossy-wait.py', import.meta.url).pathname;
const DOES = `import os, socket, time
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))
os.chdir('/usr')
time.sleep(0.2)`;
const contextOf = (path: string) => ({
  path: () => path,
  check: () => Promise.reject(new Error('not asked')),
  budget: AGENT_BUDGET,
});

test(
  'what is suspicious, a drop and a subscription are rows of the recording, joined with its waits',
  here,
  async (t) => {
    const acts = ['ptrace_attach', 'sensitive_file'];
    const script = `printf '%s\\n' ${acts.join(' ')} | ${PYTHON} ${SUSPICIOUS}; ${PYTHON} -c "${DOES}"`;
    const { rows, count, path, ended, lost } = await record(t, [
      ...['--watch', 'network', '--watch', 'security'],
      ...['--subscribe', 'syscalls:sys_enter_chdir where filename == "/usr" and current.comm == "python3"'],
      ...['--', '/bin/sh', '-c', script],
    ]);
    assert.equal(ended.code, 0, ended.stderr);
    for (const rule of acts) {
      const [alert] = rows(
        `SELECT a.pid, a.exe, a.technique, a.parents, l.event, l.time_ns, a.start_ns FROM alerts a, json_each(a.evidence) e
      JOIN live_events l ON e.value = 'live_events:' || l.id
      WHERE a.rule = ? AND a.pid IN (SELECT pid FROM processes WHERE tracked = 1)`,
        rule,
      );
      assert.ok(
        alert !== undefined,
        `${rule} with its evidence; alerts: ${JSON.stringify(rows('SELECT rule, pid FROM alerts'))}`,
      );
      assert.match(text(alert, 'exe'), /python3/);
      assert.match(text(alert, 'technique'), /^T\d{4}/);
      assert.equal(number(alert, 'time_ns'), number(alert, 'start_ns'));
      const pid = number(alert, 'pid');
      assert.ok(count('SELECT count(*) AS n FROM waits WHERE pid = ?', pid) > 0, 'its waits are beside it');
      const within = 'SELECT count(*) AS n FROM tasks WHERE pid = ? AND start_ns <= ? AND end_ns >= ?';
      assert.equal(count(within, pid, number(alert, 'start_ns'), number(alert, 'start_ns')), 1, 'on the same clock');
    }
    const drops = "SELECT count(*) AS n FROM live_events WHERE event = 'skb:kfree_skb' AND fields ->> 'to_port' = 9";
    assert.equal(count(`${drops} AND fields ->> 'reason' = 'NO_SOCKET'`), 1);
    const [subscribed] = rows(
      'SELECT e.pid, e.fields, t.start_ns FROM live_events e JOIN tasks t ON t.tid = e.tid WHERE subscription IS NOT NULL',
    );
    assert.equal(subscribed?.fields, '{"filename":"/usr"}');
    assert.equal(lost('live_lost'), 0);
    const ownKey = knownPublicKey(evidenceFolder())?.fingerprint;
    assert.equal(verifyRecording(path, { ownKey }).verdict, 'intact');
    const { alerts } = alertsAnswer.parse(await getAlerts.call({ min_severity: 'high' }, contextOf(path)));
    assert.ok(alerts.some(({ rule, evidence }) => rule === 'ptrace_attach' && evidence.length > 0));
    const health = networkAnswer.parse(await getNetworkHealth.call({}, contextOf(path)));
    assert.ok(
      health.findings.some(({ rule }) => rule === 'packets_topology'),
      JSON.stringify(health),
    );
    assert.ok('tcp_segments_sent' in health.counters);
    assert.match(ended.stderr, /alerts: \d+, the worst of severity/);
  },
);

test('a wait for an answer that was dropped is explained by the place that dropped it', here, async (t) => {
  const { recording, rows, ended } = await record(t, ['--watch', 'network', '--', PYTHON, LOSSY]);
  assert.equal(ended.code, 0, ended.stderr);
  const { chains } = causalChains(recording, { top: 10 });
  const chain = chains.find(({ root }) => root.kind === 'network');
  assert.ok(chain !== undefined, JSON.stringify(chains.map(({ summary }) => summary)));
  assert.match(
    chain.root.what,
    /sent again.*\d+ packets? (was|were) dropped by TC_INGRESS at __netif_receive_skb_core\b/,
  );
  const proof = chain.links.flatMap(({ evidence }) => evidence);
  const idIn = (view: string) => Number(proof.find((row) => row.startsWith(`${view}:`))?.split(':')[1]);
  assert.equal(
    rows("SELECT * FROM live_events WHERE id = ? AND fields ->> 'to' = '127.0.0.1'", idIn('live_events')).length,
    1,
    proof.join(),
  );
  assert.match(chain.recommendations[0] ?? '', /tc filter show/);
});

test('what cannot be watched costs no recording', here, async (t) => {
  const folder = freshFolder(t);
  const wrong = [
    [['--watch', 'everything'], /network or security/],
    [['--subscribe', 'sched:no_such_event'], /sched:/],
    [['--subscribe', 'sched:sched_switch'], /condition/],
    [['--watch', 'security', '--allow-list', '/nowhere'], /allow-list/],
  ] as const;
  for (const [args, words] of wrong) {
    const { code, stderr } = await startRecorder(t, `${folder}/run.db`, [...args, '--', '/bin/true']).ended;
    assert.notEqual(code, 0);
    assert.match(stderr, words);
  }
  assert.deepEqual((await import('node:fs')).readdirSync(folder), []);
});
