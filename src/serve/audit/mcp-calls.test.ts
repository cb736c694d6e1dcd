// The audit log as SQL beside a recording: on the recording's time axis, for those who may read it, and nothing else of the file.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { scene } from '../../../test/scene.ts';
import { createAuditLog } from '../../store/audit/audit-log.ts';
import { plainRows, rowAt } from '../../store/audit/row-for-test.ts';
import type { Principal } from '../identity/principal.ts';
import { AGENT_BUDGET, type ToolContext } from '../tool.ts';
import { describeSchema } from '../tools/describe-schema.ts';
import { getAuditLog } from '../tools/get-audit-log.ts';
import { runSqlTool } from '../tools/run-sql.ts';

/** The recording began 2 s after the first row; one row is of another boot. */
const recording = scene({
  started_monotonic_ns: '7000000000',
  started_unix_ns: '1790000002000000000',
  boot_id: 'b0',
});
const folder = mkdtempSync(join(tmpdir(), 'whytrace-mcp-calls-'));
const path = join(folder, 'audit.db');
const log = createAuditLog({ path, keyFolder: folder, limit: 1e9, own: plainRows });

before(() => {
  recording.process(5, 'python3');
  recording.call({ pid: 5, tid: 5, comm: 'python3' }, 'cudaMalloc', 0, 1000);
  recording.done();
  log.append(rowAt(0));
  const begun = log.append(rowAt(3, { kind: 'begin', name: 'run_sql', outcome: null, monotonic_ns: 8_500_000_000n }));
  log.append(rowAt(3, { begun, name: 'run_sql', monotonic_ns: 8_500_000_000n, arguments: '{"query":"x"}' }));
  log.append(rowAt(5, { boot_id: 'other', monotonic_ns: 1n, outcome: 'denied', error_code: 'scope_missing' }));
  log.append(rowAt(6, { kind: 'begin', outcome: null, duration_ns: null }));
});
after(() => {
  log.close();
  recording.remove();
  rmSync(folder, { recursive: true });
});

const context = (principal?: Principal): ToolContext => ({
  path: () => recording.path,
  check: async () => ({ ok: true, checks: [] }),
  budget: AGENT_BUDGET,
  audit: { path, keyFolder: folder },
  ...(principal === undefined ? {} : { principal }),
});
const caller = (scopes: Principal['scopes']): Principal => ({ kind: 'peer', id: 'uid:7', transport: 'socket', scopes });
const query = (sql: string, who?: Principal) => runSqlTool.call({ query: sql }, context(who));

test('times are those of the recording: by its own clock on its boot, else by the wall and said so', async () => {
  const { rows } = await query('SELECT id, start_ns, clock, name, outcome FROM mcp_calls ORDER BY id');
  assert.deepEqual(rows, [
    [2, -2e9, 'monotonic', 'get_trace_stats', 'ok'],
    [4, 1.5e9, 'monotonic', 'run_sql', 'ok'],
    [5, 3e9, 'wall', 'get_trace_stats', 'denied'],
    [6, 4e9, 'monotonic', 'get_trace_stats', 'unanswered'],
  ]);
});

test('describe_schema knows the view, and its queries run', async () => {
  const { tables } = describeSchema.output.parse(await describeSchema.call({ table: 'mcp_calls' }, context()));
  assert.ok(Array.isArray(tables));
  const [{ columns, meanings, examples }] = tables;
  assert.deepEqual((await query('SELECT * FROM mcp_calls')).columns, columns);
  assert.equal(meanings.length, columns.length);
  for (const { sql } of examples) assert.ok(Number((await query(sql)).row_count) > 0, sql);
  assert.match(JSON.stringify(await describeSchema.call({}, context())), /"mcp_calls"/);
});

test('without the scope admin there is no such view, and the log itself cannot be changed with it', async () => {
  const guest = caller(['telemetry:read', 'sql:read']);
  await assert.rejects(query('SELECT * FROM mcp_calls', guest), /no such table/);
  await assert.rejects(query('SELECT * FROM audit_log.audit', guest), /no such table/);
  assert.doesNotMatch(JSON.stringify(await describeSchema.call({}, context(guest))), /mcp_calls/);
  assert.ok(await query('SELECT * FROM mcp_calls', caller(['sql:read', 'admin'])));
  const clean = readFileSync(path);
  for (const sql of ['DELETE FROM audit_log.audit', 'UPDATE audit SET bytes = 1', `ATTACH '${path}' AS again`])
    await assert.rejects(query(sql), /allowed|not run/);
  assert.deepEqual(readFileSync(path), clean);
});

test('get_audit_log: rows, filters, pages, and whether the chain is whole', async () => {
  const ask = (args: object) => getAuditLog.call(args, context());
  const ids = (answer: Record<string, unknown>) =>
    Array.isArray(answer.rows) ? answer.rows.map(({ id }: { id: number }) => id) : [];
  const all = await ask({});
  assert.deepEqual(ids(all), [6, 5, 4, 2, 1]);
  assert.deepEqual([all.total, all.truncated, all.next_cursor], [5, false, undefined]);
  assert.deepEqual(ids(await ask({ tool: 'run_sql' })), [4]);
  assert.deepEqual(ids(await ask({ outcome: 'denied' })), [5]);
  assert.deepEqual(ids(await ask({ client: 'nobody' })), []);
  const first = await ask({ limit: 2 });
  assert.deepEqual([ids(first), first.truncated, first.next_cursor], [[6, 5], true, '5']);
  const rest = await ask({ limit: 3, cursor: '5' });
  assert.deepEqual([ids(rest), rest.truncated], [[4, 2, 1], false]);
  await assert.rejects(ask({ cursor: 'x' }), /cursor/);
  const missing = await getAuditLog.call({}, { ...context(), audit: { path: `${path}.none`, keyFolder: folder } });
  assert.match(JSON.stringify(missing), /"rows":\[\].*no log yet/);
});
