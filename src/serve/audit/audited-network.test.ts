// Servers with addresses: who came through which door, by what proof, and who was turned away, is on record.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { openAuditForReading } from '../../store/audit/audit-file.ts';
import { readAudit } from '../../store/audit/read-audit.ts';
import { verifyAudit } from '../../store/audit/verify-audit.ts';
import { errors } from '../identity/errors.ts';
import { askToken } from '../transport/ask-token.ts';
import { bearer, httpHere, lineClient, post, servingForTest } from '../transport/serving-for-test.ts';
import { createAuditSink } from './audit-sink.ts';
import { createAudit } from './audit-watch.ts';
import { auditedRefusals } from './audited-refusals.ts';

const folder = mkdtempSync(join(tmpdir(), 'whytrace-audited-net-'));
const path = join(folder, 'audit.db');
const reports: string[] = [];
const sink = createAuditSink({ path, keyFolder: folder, report: (text) => reports.push(text) });
const place = servingForTest(createAudit({ sink, path: () => '/data/run.db' }));
after(async () => {
  await place.remove();
  sink.close();
  rmSync(folder, { recursive: true });
});
const both = { socket: { path: place.path, policy: place.policy }, http: httpHere() };

let seen = 0;
/** Rows since the last look, oldest first. */
const fresh = () => {
  const database = openAuditForReading(path);
  try {
    assert.equal(verifyAudit(database, {}).fault, undefined);
    const rows = readAudit(database, { from: seen + 1, alerts: false, limit: 1000 }).toReversed();
    seen = rows.at(-1)?.id ?? seen;
    return rows.filter(({ kind }) => kind === 'call');
  } finally {
    database.close();
  }
};
const told = () =>
  fresh().map(({ transport, method, name, outcome, error_code }) =>
    [transport ?? '-', method, name, outcome, error_code].filter((part) => part !== null).join(' '),
  );

test('the official client over HTTP, in both eras', async () => {
  await place.during(both, {}, async ([url = '']) => {
    for (const [mode, opening] of [
      ['legacy', ['http initialize ok', 'http notifications/initialized ok']],
      ['auto', ['http server/discover ok']],
    ] as const) {
      const { token } = await askToken(place.path, {});
      const client = new Client({ name: `${mode}-client`, version: '1' }, { versionNegotiation: { mode } });
      const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: bearer(token) } });
      await client.connect(transport);
      await client.listTools();
      await client.callTool({ name: 'get_trace_stats', arguments: {} });
      await client.callTool({ name: 'run_sql', arguments: { query: 'PRAGMA x' } });
      await client.close();
      const rows = fresh();
      const texts = rows.map(({ transport: over, method, name, outcome }) =>
        `${over} ${method} ${name ?? ''} ${outcome}`.replace('  ', ' '),
      );
      const expected = [
        'socket whytrace/token ok',
        ...opening,
        'http tools/list ok',
        'http tools/call get_trace_stats ok',
        'http tools/call run_sql rejected_sql',
      ];
      assert.deepEqual(
        texts.filter((text) => !text.includes('HTTP')),
        expected,
      );
      // Also in the era whose clients say who they are only once.
      assert.ok(rows.every(({ client: name, method }) => method === 'whytrace/token' || name === `${mode}-client`));
      assert.ok(rows.every((row) => !JSON.stringify(row).includes(token)));
      const call = rows.find(({ name }) => name === 'get_trace_stats');
      assert.ok((call?.bytes ?? 0) > 300 && call?.recording === '/data/run.db');
    }
  });
});

test('who is turned away at HTTP: no proof, a bad one, a missing scope, a foreign page, no message', async () => {
  await place.during(both, {}, async ([url = '']) => {
    await post(url, 'tools/list');
    await post(url, 'tools/list', {}, bearer('nonsense'));
    const { token } = await askToken(place.path, { scopes: ['telemetry:read'] });
    for (let i = 0; i < 3; i++) {
      const denied = await post(
        url,
        'tools/call',
        { name: 'run_sql', arguments: { query: 'SELECT 1' } },
        bearer(token),
      );
      assert.equal(denied.status, 403);
    }
    await post(url, 'tools/list', {}, { ...bearer(token), Origin: 'http://evil.example' });
    await fetch(url, {
      method: 'POST',
      body: 'no json',
      headers: { ...bearer(token), 'Content-Type': 'application/json' },
    });
    await post(url, 'no/such', {}, bearer(token));
    assert.deepEqual(told(), [
      '- (connection) denied token_needed',
      '- (connection) denied token_refused',
      'socket whytrace/token ok',
      ...Array.from({ length: 3 }, () => 'http tools/call run_sql denied scope_missing'),
      '- (connection) denied host_refused',
      'http (malformed) error malformed_message',
      'http no/such error -32601',
    ]);
    assert.match(reports.join('\n'), /audit alert repeated_denials/);
  });
});

test('a socket: by the word of the kernel; a subscription; who leaves before the answer', async () => {
  await place.during(both, {}, async () => {
    const client = lineClient(place.path);
    await client.modern(1, 'tools/list');
    await client.modern(2, 'subscriptions/listen', { notifications: { resourcesListChanged: true } });
    const query = 'SELECT count(*) FROM call a, call b, call c, call d, call e, call f';
    client.send({ id: 3, method: 'tools/call', params: { name: 'run_sql', arguments: { query, timeout: 20 } } });
    await new Promise((resolve) => setTimeout(resolve, 300));
    client.socket.destroy();
    const rows: ReturnType<typeof fresh>[number][] = [];
    for (let i = 0; i < 100 && rows.length < 3; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      rows.push(...fresh());
    }
    assert.deepEqual(
      rows.map(({ method, outcome, pid }) => [method, outcome, pid]),
      [
        ['tools/list', 'ok', process.pid],
        ['subscriptions/listen', 'ok', process.pid],
        ['tools/call', rows[2]?.outcome, process.pid],
      ],
    );
    assert.ok(['cancelled', 'error'].includes(rows[2]?.outcome ?? ''), `${rows[2]?.outcome}`);
  });
});

test('who nobody has proven cannot fill the log: the first of a second are rows, the others a number', async () => {
  const refused = auditedRefusals(sink);
  const refusal = { reason: 'identity', status: 401, error: errors.needToken({ how: 'ask' }) } as const;
  for (let i = 0; i < 120; i++) refused(refusal, undefined, '192.0.2.7');
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const rows = fresh();
  assert.deepEqual([rows.length, rows.at(-1)?.error_code, rows.at(-1)?.detail], [51, 'many_refused', '{"refused":70}']);
  assert.equal(rows[0]?.principal, 'unproven:192.0.2.7');
  assert.match(reports.join('\n'), /audit alert repeated_unproven/);
});

test('nor can a proven caller, with junk or too many messages; what it is denied stays in full', async () => {
  const refused = auditedRefusals(sink);
  const ann = { kind: 'peer', id: 'uid:1', scopes: [], transport: 'socket', uid: 1 } as const;
  const bob = { ...ann, id: 'uid:2', uid: 2 };
  const error = errors.tooFast({ rate: 1, seconds: 1 });
  for (let i = 0; i < 60; i++) {
    refused({ reason: 'malformed', status: 400, error }, ann);
    refused({ reason: 'rate', status: 429, error, message: { method: 'ping', params: { x: 'x'.repeat(900) } } }, ann);
    refused({ reason: 'scope', status: 403, error }, bob);
  }
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const rows = fresh();
  const of = (id: string) => rows.filter(({ principal }) => principal === id);
  assert.deepEqual([of('uid:1').length, of('uid:1').at(-1)?.detail, of('uid:2').length], [51, '{"refused":70}', 60]);
});

test('nothing leaves over HTTP that cannot be put on record', async () => {
  await place.during(both, {}, async ([url = '']) => {
    const { token } = await askToken(place.path, {});
    sink.close();
    rmSync(folder, { recursive: true });
    const { mkdirSync } = await import('node:fs');
    mkdirSync(path, { recursive: true });
    for (const [method, params] of [
      ['tools/list', {}],
      ['tools/call', { name: 'get_trace_stats', arguments: {} }],
    ] as const) {
      const answer = await post(url, method, params, bearer(token));
      const text = await answer.text();
      assert.ok(/audit_unwritable/.test(text) && !/"result"/.test(text), text);
    }
    await assert.rejects(askToken(place.path, {}), /audit log/);
    assert.match(reports.at(-1) ?? '', /cannot be written/);
  });
});
