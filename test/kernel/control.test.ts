// A server of an ordinary user, without any capability, watches the kernel through a program of root's: from the event to the
// answer over MCP, the alerts too, and who may not.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openAuditForReading } from '../../src/store/audit/audit-file.ts';
import { readAudit } from '../../src/store/audit/read-audit.ts';
import { freshFolder, here, type Owner, peek, start, until, WHYTRACE } from './recorder.ts';

const NOBODY = 65_534;
const ordinary = {
  ...here,
  skip: here.skip || (process.geteuid?.() === 0 ? false : 'needs root, to be somebody else'),
};

/** `whytrace watch --serve` of root, at a socket in a folder that others may enter. */
const serve = async (owner: Owner, args: readonly string[]) => {
  const folder = freshFolder(owner);
  const path = join(folder, 'live.sock');
  const audit = join(folder, 'audit', 'audit.db');
  const program = start(owner, WHYTRACE, ['watch', '--line', '--control', path, '--audit', audit, ...args]);
  await until('the socket is there', () => existsSync(path));
  return { path, audit, program, folder };
};

type Answer = { readonly id: number; readonly result?: Record<string, unknown>; readonly error?: unknown };
type Tool = { readonly isError: boolean; readonly answer: Record<string, unknown> };

/** `whytrace mcp` of the user nobody, spoken to in the oldest words that every server knows. */
const server = (owner: Owner, control: string, home: string) => {
  const child = spawn(WHYTRACE, ['mcp', '--control', control], {
    ...{ uid: NOBODY, gid: NOBODY, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] },
    env: { PATH: process.env.PATH, HOME: home, XDG_STATE_HOME: home },
  });
  owner.after(() => void child.kill('SIGKILL'));
  const waiting = new Map<number, (answer: Answer) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer: Answer = JSON.parse(line);
    waiting.get(answer.id)?.(answer);
  });
  let complaints = '';
  child.stderr.on('data', (bytes) => {
    complaints += bytes;
  });
  let nextId = 1;
  const ask = (method: string, params: object): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      waiting.set(id, resolve);
      child.once('close', () => reject(new Error(`the server ended: ${complaints}`)));
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    });
  return {
    pid: child.pid ?? 0,
    begin: async () => {
      const clientInfo = { name: 'test', version: '1' };
      await ask('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
    },
    names: async (): Promise<readonly string[]> => {
      const { result } = await ask('tools/list', {});
      return Array.isArray(result?.tools) ? result.tools.map(({ name }) => String(name)) : [];
    },
    call: async (name: string, args: object): Promise<Tool> => {
      const { result, error } = await ask('tools/call', { name, arguments: args });
      assert.equal(error, undefined, JSON.stringify(error));
      const [content] = Array.isArray(result?.content) ? result.content : [];
      return { isError: result?.isError === true, answer: JSON.parse(content?.text ?? '{}') };
    },
  };
};

const actor = (owner: Owner, code: string) =>
  start(owner, '/usr/bin/python3', ['-c', `import os, time\nwhile True:\n  ${code}\n  time.sleep(0.05)`]);

test('an ordinary user’s server gets events, keeps its place, and ends what it began', ordinary, async (t) => {
  const { path, audit } = await serve(t, ['--allow-uid', String(NOBODY), 'syscalls:sys_enter_acct']);
  const home = freshFolder(t);
  chmodSync(home, 0o777);
  const mcp = server(t, path, home);
  await mcp.begin();
  assert.match(readFileSync(`/proc/${mcp.pid}/status`, 'utf8'), /^CapEff:\s0+$/m, 'it has no capability');
  assert.ok((await mcp.names()).includes('watch_events'));
  actor(t, 'os.chdir("/usr/share")');
  const expression = 'syscalls:sys_enter_chdir where filename == "/usr/share"';
  const { isError, answer } = await mcp.call('watch_events', { expression, count: 3, max_wait_s: 20, ttl_s: 4 });
  assert.equal(isError, false, JSON.stringify(answer));
  assert.ok(Array.isArray(answer.rows) && Array.isArray(answer.columns));
  assert.equal(answer.rows[0][answer.columns.indexOf('filename')], '/usr/share');
  const { subscription, cursor } = answer;
  const next = await mcp.call('watch_events', { subscription, cursor, count: 2, max_wait_s: 20 });
  assert.ok(Number(next.answer.seen) > 0 && next.answer.cursor !== cursor);
  const wrong = await mcp.call('watch_events', { expression: 'syscalls:sys_enter_chdri' });
  assert.match(JSON.stringify(wrong.answer), /no_such_tracepoint.*did you mean syscalls:sys_enter_chdir/);
  const listed = await mcp.call('list_subscriptions', {});
  assert.match(JSON.stringify(listed.answer), /"id":"s\d+"/);
  assert.doesNotMatch(JSON.stringify(listed.answer), /sys_enter_acct/, 'what root watches is not shown');
  // Its time is over, whether anybody reads or not.
  let late = '';
  for (let i = 0; i < 40 && !late.includes('its time was over'); i++) {
    await sleep(250);
    late = JSON.stringify((await mcp.call('list_subscriptions', {})).answer);
  }
  assert.match(late, /its time was over/);
  const database = openAuditForReading(audit);
  const rows = readAudit(database, { limit: 1000 }).filter(({ kind }) => kind === 'call');
  database.close();
  assert.ok(rows.every(({ principal }) => principal === `uid:${NOBODY}`));
  for (const method of ['desk/hello', 'desk/subscribe', 'desk/watch', 'desk/facts', 'desk/list'])
    assert.ok(
      rows.some((row) => row.method === method),
      method,
    );
});

test('alerts reach it; the end of the watch is told, and a new one is found', ordinary, async (t) => {
  const { path, program } = await serve(t, ['--allow-uid', String(NOBODY)]);
  const home = freshFolder(t);
  chmodSync(home, 0o777);
  const mcp = server(t, path, home);
  await mcp.begin();
  const copy = join(home, 'copied-true');
  start(t, '/bin/sh', ['-c', `cp /bin/true ${copy}; while true; do ${copy}; sleep 0.3; done`]);
  const { answer } = await mcp.call('get_alerts', { max_wait_s: 20, min_severity: 'info' });
  assert.match(JSON.stringify(answer.alerts), /"rule":/);
  const health = await mcp.call('get_network_health', {});
  assert.equal(health.isError, false, JSON.stringify(health.answer));
  program.kill('SIGTERM');
  await program.ended;
  const gone = await mcp.call('watch_events', { expression: 'syscalls:sys_enter_chdir' });
  assert.match(JSON.stringify(gone.answer), /no_watcher.*watch --serve/);
});

test('a user who is not let in is told so, and by whom that can be changed', ordinary, async (t) => {
  const { path } = await serve(t, ['--allow-uid', '4242', 'syscalls:sys_enter_acct']);
  const home = freshFolder(t);
  chmodSync(home, 0o777);
  const mcp = server(t, path, home);
  await mcp.begin();
  const { isError, answer } = await mcp.call('list_subscriptions', {});
  assert.equal(isError, true);
  assert.match(JSON.stringify(answer), /peer_refused.*--allow-uid/);
});

test(
  'a recorder offers its watches as well, after it has given up its privileges; what others ask for is recorded',
  ordinary,
  async (t) => {
    const folder = freshFolder(t);
    const [path, db, audit] = ['live.sock', 'run.db', 'audit.db'].map((name) => join(folder, name));
    const program = start(t, WHYTRACE, [
      ...['record', '-o', db ?? '', '--watch', 'security', '--comm', 'no-such-program', '--quiet'],
      ...['--control', path ?? '', '--audit', audit ?? '', '--allow-uid', String(NOBODY)],
    ]);
    await until('the recorder has begun', () => existsSync(db ?? ''));
    await until('the socket is there', () => existsSync(path ?? ''));
    await until(
      'the recorder has given up what it does not need',
      () => peek(db ?? '', "SELECT 1 AS yes FROM recording WHERE key = 'privileges'").length > 0,
    );
    const home = freshFolder(t);
    chmodSync(home, 0o777);
    const mcp = server(t, path ?? '', home);
    await mcp.begin();
    actor(t, 'os.chdir("/usr/share")');
    const expression = 'syscalls:sys_enter_chdir where filename == "/usr/share"';
    const { isError, answer } = await mcp.call('watch_events', {
      expression,
      match: 'current.uid == 0',
      max_wait_s: 20,
    });
    assert.equal(isError, false, JSON.stringify(answer));
    assert.equal(answer.stopped, 'match');
    const copy = join(home, 'copied-true');
    start(t, '/bin/sh', ['-c', `cp /bin/true ${copy}; while true; do ${copy}; sleep 0.3; done`]);
    const alerts = await mcp.call('get_alerts', { max_wait_s: 20, min_severity: 'medium' });
    assert.match(JSON.stringify(alerts.answer.not_watched), /network: the program that watches was started without it/);
    const [first] = Array.isArray(alerts.answer.alerts) ? alerts.answer.alerts : [];
    const proof = await mcp.call('get_alerts', { id: first?.id ?? 0 });
    assert.match(JSON.stringify(proof.answer.proof), /"tables":\[\{"event":.*"live_events:\d+"/);
    program.kill('SIGTERM');
    const { code, stderr } = await program.ended;
    assert.equal(code, 0, stderr);
    const kept = peek(db ?? '', 'SELECT subscription FROM live_events WHERE subscription IS NOT NULL LIMIT 1');
    assert.equal(kept[0]?.subscription, expression);
    const database = openAuditForReading(audit ?? '');
    const rows = readAudit(database, { limit: 1000 }).filter(({ method }) => method === 'desk/proof');
    database.close();
    assert.deepEqual(rows.map(({ principal, outcome }) => [principal, outcome]).at(0), [`uid:${NOBODY}`, 'ok']);
  },
);
