// Real servers over pipes, asked by the official client and by raw lines: whatever was sent is on record, in one chain, and no
// secret with it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { scene } from '../../../test/scene.ts';
import { openAuditForReading } from '../../store/audit/audit-file.ts';
import { type AuditEntry, readAudit } from '../../store/audit/read-audit.ts';
import { type AuditCheck, verifyAudit } from '../../store/audit/verify-audit.ts';
import { knownPublicKey } from '../../store/evidence/key.ts';

const LAUNCHER = fileURLToPath(new URL('../../../bin/whytrace', import.meta.url));
const recording = scene();
const running = new Set<ReturnType<typeof spawn>>();
let folder = '';
let state = '';
let audit = '';

before(() => {
  recording.process(5, 'python3');
  for (let i = 0; i < 50; i++) recording.call({ pid: 5, tid: 5, comm: 'python3' }, 'cudaMalloc', i * 1e6, 1000);
  recording.done();
});
after(recording.remove);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'whytrace-audited-'));
  state = join(folder, 'whytrace');
  audit = join(state, 'audit.db');
});
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
  rmSync(folder, { recursive: true });
});

type Log = { readonly rows: readonly AuditEntry[]; readonly check: AuditCheck };
/** All rows, the oldest first, and whether they are one chain. */
const logged = (): Log => {
  const database = openAuditForReading(audit);
  try {
    const check = verifyAudit(database, { key: knownPublicKey(state), signatures: 'all' });
    return { rows: readAudit(database, { limit: 100_000 }).toReversed(), check };
  } finally {
    database.close();
  }
};
const assertWhole = ({ check }: Log) =>
  assert.deepEqual([check.fault, check.signature, check.complete], [undefined, 'ok', true]);
const told = ({ rows }: Log) =>
  rows
    .filter(({ kind }) => kind === 'call')
    .map(({ method, name, outcome }) => [method, name, outcome].filter(Boolean).join(' '));

const { PATH = '', NODE_COMPILE_CACHE } = process.env;
const environment = () => ({
  ...{ PATH, HOME: folder, XDG_STATE_HOME: folder },
  // Each home is new: without it each server would be compiled once more.
  ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
});
const args = () => ['mcp', '--db', recording.path];

const withClient = async (mode: 'legacy' | 'auto', use: (client: Client) => Promise<void>) => {
  const client = new Client({ name: 'audit-test', version: '1.2' }, { versionNegotiation: { mode } });
  await client.connect(
    new StdioClientTransport({ command: LAUNCHER, args: args(), env: environment(), stderr: 'pipe' }),
  );
  try {
    await use(client);
  } finally {
    await client.close();
  }
};

const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
};

/** A server process; `line` sends text, `ask` a request and waits for its answer. */
const startServer = () => {
  const child = spawn(LAUNCHER, args(), { stdio: 'pipe', env: environment() });
  running.add(child);
  // A killed server reads no more.
  child.stdin.on('error', () => {});
  const answers = new Map<unknown, (value: unknown) => void>();
  const texts = { err: '' };
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    texts.err += text;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line);
    answers.get(answer.id)?.(answer);
  });
  const line = (text: string) => child.stdin.write(`${text}\n`);
  const send = (id: unknown, method: string, params: object, meta: object = {}) =>
    line(JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta: { ...MODERN, ...meta } } }));
  return {
    child,
    texts,
    line,
    send,
    ask: (id: unknown, method: string, params: object = {}, meta: object = {}): Promise<unknown> => {
      const answer = new Promise((resolve) => answers.set(id, resolve));
      send(id, method, params, meta);
      return answer;
    },
    end: async () => {
      child.stdin.end();
      await once(child, 'close');
    },
  };
};

for (const [mode, opening] of [
  ['legacy', ['initialize ok', 'notifications/initialized ok']],
  ['auto', ['server/discover ok']],
] as const)
  test(`the official client (${mode}): each request is one row, with who, what and how it ended`, async () => {
    await withClient(mode, async (client) => {
      await client.listTools();
      await client.listPrompts();
      await client.listResources();
      await client.listResourceTemplates();
      await client.callTool({ name: 'get_trace_stats', arguments: { pid: 5 } });
      await client.callTool({ name: 'get_causal_chains', arguments: { pid: 4242 } });
      await client.callTool({ name: 'run_sql', arguments: { query: 'DROP TABLE call' } });
      await client.readResource({ uri: 'whytrace://schema' });
      await client.getPrompt({ name: 'investigate', arguments: { question: 'why' } });
      await client.complete({
        ref: { type: 'ref/prompt', name: 'investigate' },
        argument: { name: 'pid', value: '5' },
      });
      await assert.rejects(client.callTool({ name: 'no_such_tool', arguments: {} }));
    });
    const log = logged();
    assertWhole(log);
    assert.deepEqual(told(log), [
      ...opening,
      'tools/list ok',
      'prompts/list ok',
      'resources/list ok',
      'resources/templates/list ok',
      'tools/call get_trace_stats ok',
      'tools/call get_causal_chains tool_error',
      'tools/call run_sql rejected_sql',
      'resources/read whytrace://schema ok',
      'prompts/get investigate ok',
      'completion/complete investigate ok',
      'tools/call no_such_tool error',
    ]);
    const call = log.rows.find(({ name }) => name === 'get_trace_stats');
    assert.ok(call?.duration_ns != null && call.duration_ns > 0 && (call.bytes ?? 0) > 300);
    assert.deepEqual(
      [call.client, call.transport, call.pid, call.arguments, call.recording, call.truncated],
      ['audit-test', 'stdio', process.pid, '{"pid":5}', recording.path, 0],
    );
    assert.equal(log.rows.find(({ outcome }) => outcome === 'rejected_sql')?.error_code, 'sql_denied');
    assert.deepEqual(
      log.rows.filter(({ kind }) => kind === 'alert'),
      [],
    );
  });

test('what is no message, what repeats an id, cancelled calls and subscriptions are on record too', async () => {
  const server = startServer();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await server.ask(1, 'tools/list', {}, { traceparent });
  for (const text of ['garbage', '{"jsonrpc":"1.0"}', '[]', '{"jsonrpc":"2.0","id":{},"method":"x"}'])
    server.line(text);
  const slow = { query: 'SELECT count(*) FROM call a, call b, call c, call d, call e, call f', timeout: 20 };
  server.send(7, 'tools/call', { name: 'run_sql', arguments: slow });
  await server.ask(2, 'no/such');
  server.send(7, 'tools/list', {});
  server.line(
    JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7, _meta: MODERN } }),
  );
  server.send('s', 'subscriptions/listen', { notifications: { resourcesListChanged: true } });
  await server.ask(3, 'tools/list');
  await server.end();
  const log = logged();
  assertWhole(log);
  assert.deepEqual(told(log).toSorted(), [
    ...Array.from({ length: 5 }, () => '(malformed) error'),
    'no/such error',
    'notifications/cancelled ok',
    'subscriptions/listen ok',
    'tools/call run_sql cancelled',
    'tools/list ok',
    'tools/list ok',
  ]);
  assert.deepEqual(
    log.rows.filter((row) => row.traceparent !== null).map((row) => row.traceparent),
    [traceparent],
  );
});

test('two servers at once keep one chain', async () => {
  const servers = [startServer(), startServer()];
  const asked = servers.flatMap(({ ask }) =>
    Array.from({ length: 30 }, (_, i) => ask(i, 'tools/call', { name: 'get_trace_stats', arguments: { pid: 5 } })),
  );
  await Promise.all(asked);
  await Promise.all(servers.map(({ end }) => end()));
  const log = logged();
  assertWhole(log);
  assert.equal(told(log).length, 60);
});

test('a server that is killed leaves a whole chain, with what it was asked last', async () => {
  const server = startServer();
  for (let i = 0; i < 20; i++) await server.ask(i, 'tools/call', { name: 'get_trace_stats', arguments: {} });
  // Thousands of rows are on their way when the signal comes.
  for (let i = 0; i < 2_000; i++) server.send(100 + i, 'tools/list', {});
  server.send('last', 'tools/call', { name: 'run_sql', arguments: { query: 'SELECT 1' } });
  await new Promise((resolve) => setTimeout(resolve, 30));
  server.child.kill('SIGKILL');
  await once(server.child, 'close');
  assertWhole(logged());
  const next = startServer();
  await next.ask(1, 'tools/call', { name: 'get_trace_stats', arguments: {} });
  next.send(2, 'tools/call', {
    name: 'run_sql',
    arguments: { query: 'SELECT count(*) FROM call a, call b, call c, call d, call e, call f', timeout: 20 },
  });
  while (!logged().rows.some(({ name }) => name === 'run_sql')) await new Promise((resolve) => setTimeout(resolve, 20));
  next.child.kill('SIGKILL');
  await once(next.child, 'close');
  const log = logged();
  assertWhole(log);
  assert.deepEqual([log.rows.at(-1)?.name, log.rows.at(-1)?.outcome], ['run_sql', 'unanswered']);
});

test('no secret in arguments, names or messages reaches a file', async () => {
  const secrets = ['hunter2secret', `ghp_${'Ab1'.repeat(12)}`, `AKIA${'IOSFODNN7EXAMPLE'}`, 'c2VjcmV0LXBhc3N3b3Jk'];
  const [password, github, aws, bearer] = secrets;
  const server = startServer();
  await server.ask(1, 'tools/call', {
    name: 'run_sql',
    arguments: { query: `SELECT '${github}' -- password=${password}`, api_key: password, nested: { token: password } },
  });
  await server.ask(2, 'resources/read', { uri: `whytrace://process/5?token=${password}` });
  await server.ask(3, 'prompts/get', {
    name: 'investigate',
    arguments: { question: `Authorization: Bearer ${bearer}` },
  });
  await server.ask(4, `no/${github}`, { key: aws });
  server.line(`{"password": "${password}", nonsense ${github}`);
  await server.ask(5, 'tools/list');
  await server.end();
  const log = logged();
  assertWhole(log);
  assert.equal(told(log).length, 6);
  assert.match(JSON.stringify(log.rows), /redacted/);
  for (const name of readdirSync(state)) {
    const bytes = readFileSync(join(state, name));
    for (const secret of secrets) assert.ok(!bytes.includes(secret), `${secret} is in ${name}`);
  }
});

test('where nothing can be put on record nothing is answered, loudly, until it can again', async () => {
  const server = startServer();
  const isRefused = async (id: number) => {
    const answer = JSON.stringify(await server.ask(id, 'tools/call', { name: 'get_trace_stats', arguments: {} }));
    assert.ok(/audit_unwritable/.test(answer) !== /structuredContent/.test(answer), answer);
    return /audit_unwritable/.test(answer);
  };
  assert.equal(await isRefused(1), false);
  rmSync(state, { recursive: true });
  chmodSync(folder, 0o500);
  const holder = process.geteuid?.() === 0 ? audit : undefined;
  // Root writes everywhere: for it, a folder takes the place of the file.
  if (holder !== undefined) {
    const { mkdirSync } = await import('node:fs');
    mkdirSync(holder, { recursive: true });
  }
  assert.equal(await isRefused(2), true);
  assert.match(JSON.stringify(await server.ask(3, 'tools/list')), /audit_unwritable/);
  assert.match(server.texts.err, /the audit log .* cannot be written/);
  chmodSync(folder, 0o700);
  if (holder !== undefined) rmSync(holder, { recursive: true });
  assert.equal(await isRefused(4), false);
  await server.end();
  const log = logged();
  assertWhole(log);
  assert.deepEqual(
    log.rows.map(({ kind }) => kind),
    ['opened', 'call'],
  );
});
