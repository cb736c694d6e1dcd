// Every rule on a real log: what it must find, what it must not, and an ordinary day without a single alert.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openAuditForReading } from '../../store/audit/audit-file.ts';
import { createAuditLog } from '../../store/audit/audit-log.ts';
import type { AuditRow } from '../../store/audit/audit-row.ts';
import { readAudit } from '../../store/audit/read-audit.ts';
import { plainRows, rowAt } from '../../store/audit/row-for-test.ts';
import { alertsFor, rules } from './alerts.ts';

/** The alerts that rows give rise to, oldest first: rule and how many rows prove it. Each row is checked to be there. */
const alertsOf = (rows: readonly AuditRow[]): readonly string[] => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-alerts-'));
  const path = join(folder, 'audit.db');
  const log = createAuditLog({ path, keyFolder: folder, limit: 1e9, own: { ...plainRows, follow: alertsFor } });
  try {
    for (const row of rows) log.append(row);
    const database = openAuditForReading(path);
    try {
      return readAudit(database, { alerts: true, limit: 1000 })
        .toReversed()
        .map(({ error_code, detail }) => {
          const { rows: proof, severity, meaning } = JSON.parse(detail ?? '');
          assert.ok(['notice', 'warning'].includes(severity) && meaning.length > 20);
          for (const id of proof)
            assert.ok(database.prepare("SELECT 1 FROM audit WHERE id = ? AND kind = 'call'").get(id));
          return `${error_code} ${proof.length}`;
        });
    } finally {
      database.close();
    }
  } finally {
    log.close();
    rmSync(folder, { recursive: true });
  }
};

const listing = (second: number, method: string, parts: Partial<AuditRow> = {}) =>
  rowAt(second, { method, name: null, rows: null, bytes: 9_000, arguments: null, ...parts });
const connect = (second: number, parts: Partial<AuditRow> = {}) =>
  ['server/discover', 'tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'].map((method) =>
    listing(second, method, parts),
  );
const calls = (count: number, from: number, parts: Partial<AuditRow> = {}, every = 20) =>
  Array.from({ length: count }, (_, i) => rowAt(from + i * every, parts));
const sql = (second: number, outcome: AuditRow['outcome'], bytes = 1_500) =>
  rowAt(second, { name: 'run_sql', outcome, bytes });

test('ordinary days: clients that connect, look and ask, mistakes included, give no alert', () => {
  const day = (start: number): readonly AuditRow[] => [
    ...connect(start),
    rowAt(start + 9),
    rowAt(start + 20, { name: 'get_causal_chains', bytes: 7_000 }),
    // Several at once, as agents ask.
    ...calls(6, start + 30, { name: 'get_stacks', bytes: 8_000 }, 0),
    rowAt(start + 50, { name: 'get_timeline', outcome: 'tool_error', error_code: 'unknown_thread' }),
    rowAt(start + 60, { name: 'get_timeline', bytes: 7_500 }),
    sql(start + 80, 'tool_error'),
    sql(start + 95, 'rejected_sql'),
    sql(start + 110, 'ok', 40_000),
    ...calls(8, start + 130, { name: 'run_sql' }),
    // A client that is restarted three times and asked nothing.
    ...[400, 430, 460].flatMap((later) => connect(start + later)),
    rowAt(start + 500),
  ];
  assert.deepEqual(alertsOf([0, 86_400, 172_800, 259_200, 345_600].flatMap(day)), []);
});

test('somebody new: the first caller of a log is none, later ones are', () => {
  const eve = { principal: 'eve', client: 'curl' };
  assert.deepEqual(alertsOf([rowAt(0), rowAt(1, eve), rowAt(2, eve), rowAt(3)]), [
    'first_seen_principal 1',
    'first_seen_client 1',
  ]);
  assert.deepEqual(alertsOf([rowAt(0), rowAt(1, { client: null }), rowAt(2, { principal: null })]), []);
});

test('listing without calling', () => {
  const looking = (times: number) => Array.from({ length: times }, (_, i) => connect(i * 60)).flat();
  assert.deepEqual(alertsOf(looking(3)), []);
  assert.deepEqual(alertsOf(looking(8)), ['listing_without_calling 20']);
  // The same with one question among them.
  assert.deepEqual(
    alertsOf([
      ...looking(2),
      rowAt(121),
      ...looking(3).map((row) => ({ ...row, unix_ns: row.unix_ns + 180_000_000_000n })),
    ]),
    [],
  );
});

test('bursts', () => {
  assert.deepEqual(alertsOf(calls(99, 0, {}, 0)), []);
  assert.deepEqual(alertsOf(calls(250, 0, {}, 0)), ['burst 20']);
  assert.deepEqual(alertsOf(calls(250, 0, {}, 1)), []);
});

test('refused again and again', () => {
  const denied: Partial<AuditRow> = { outcome: 'denied', error_code: 'scope_missing' };
  assert.deepEqual(alertsOf(calls(2, 0, denied)), []);
  assert.deepEqual(alertsOf(calls(5, 0, denied)), ['repeated_denials 3']);
  assert.deepEqual(alertsOf(calls(5, 0, denied, 400)), []);
  const unproven: Partial<AuditRow> = { ...denied, credential: null, client: null, principal: 'unproven:192.0.2.7' };
  assert.deepEqual(alertsOf([rowAt(0), ...calls(19, 1, unproven, 5)]), []);
  assert.deepEqual(alertsOf([rowAt(0), ...calls(30, 1, unproven, 5)]), ['repeated_unproven 20']);
});

test('SQL that is more than reading', () => {
  assert.deepEqual(alertsOf([sql(0, 'rejected_sql'), sql(1, 'tool_error'), sql(2, 'rejected_sql')]), []);
  assert.deepEqual(alertsOf([0, 5, 9, 12].map((second) => sql(second, 'rejected_sql'))), ['rejected_sql 3']);
});

test('a tool that was hardly used before', () => {
  const names = ['get_trace_stats', 'get_causal_chains', 'get_stacks', 'get_timeline'];
  const habit = Array.from({ length: 80 }, (_, i) => rowAt(i * 20, { name: names[i % 4] ?? null }));
  const usual = calls(30, 5_000, { name: 'get_stacks' });
  assert.deepEqual(alertsOf([...habit, ...usual]), []);
  assert.deepEqual(alertsOf([...habit, ...calls(30, 5_000, { name: 'run_sql' })]), ['unusual_tool_mix 11']);
  assert.deepEqual(alertsOf([...habit.slice(0, 40), ...calls(30, 5_000, { name: 'run_sql' })]), []);
});

test('an answer much larger than any before', () => {
  const usual = calls(20, 0, { name: 'run_sql', bytes: 20_000 });
  assert.deepEqual(alertsOf([...usual, sql(500, 'ok', 79_000)]), []);
  assert.deepEqual(alertsOf([...usual, sql(500, 'ok', 80_000)]), ['size_spike 2']);
  assert.deepEqual(alertsOf([...usual.slice(1), sql(500, 'ok', 200_000)]), []);
});

test('the same rows give the same alerts, each rule has its own name', () => {
  const rows = [...calls(250, 0, {}, 0), rowAt(9, { principal: 'eve', client: 'x' })];
  assert.deepEqual(alertsOf(rows), alertsOf(rows));
  assert.equal(new Set(rules.map(({ name }) => name)).size, rules.length);
});
