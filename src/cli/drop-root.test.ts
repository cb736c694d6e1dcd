// An MCP server that was started as root: what its threads may still do, and that it answers all the same.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { scene } from '../../test/scene.ts';
import { signalsByNobody } from '../../test/signals-by-nobody.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', 'bin', 'whytrace');
// A user without an account: with one, the server would keep its key in that user's home.
const OTHER = 54_321;

const fieldsOf = (pid: number): readonly (readonly [uid: string, capabilities: string])[] =>
  readdirSync(`/proc/${pid}/task`).map((tid) => {
    const status = readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '';
    return [field('Uid'), field('CapPrm')];
  });

for (const owner of [0, OTHER])
  test(`a recording of uid ${owner}: no thread has a capability, and every answer comes`, {
    skip: process.geteuid?.() === 0 ? false : 'needs root',
    timeout: 60_000,
  }, async (t) => {
    const made = scene();
    t.after(() => made.remove());
    made.process(5, 'python3');
    made.call({ pid: 5, tid: 5, comm: 'python3' }, 'cudaMalloc', 0, 1000);
    const path = made.done();
    chmodSync(path, 0o600);
    chmodSync(dirname(path), 0o755);
    chownSync(path, owner, owner);
    const state = join(dirname(path), 'state');
    mkdirSync(state, { mode: 0o700 });
    chownSync(state, owner, owner);
    const transport = new StdioClientTransport({
      command: LAUNCHER,
      args: ['mcp', '--db', path],
      env: { ...process.env, XDG_STATE_HOME: state },
      stderr: 'pipe',
    });
    let said = '';
    transport.stderr?.on('data', (chunk) => {
      said += String(chunk);
    });
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(transport);
    t.after(() => client.close());
    const { pid } = transport;
    assert.ok(pid);
    for (let i = 0; i < 1500 && fieldsOf(pid).some(([, bits]) => !/^0+$/.test(bits)); i++) await sleep(20);
    for (const [uid, bits] of fieldsOf(pid)) {
      assert.match(bits, /^0+$/);
      assert.ok(owner === 0 ? uid === '0' || uid === String(4_000_000_000 + pid) : uid === String(OTHER), uid);
    }
    assert.match(said, /started as root/);
    assert.deepEqual(signalsByNobody(pid) ?? ['EPERM'], ['EPERM']);
    for (const [name, args] of [
      ['get_trace_stats', {}],
      ['run_sql', { query: 'SELECT op FROM calls' }],
    ] as const) {
      const { isError, content } = await client.callTool({ name, arguments: args });
      assert.notEqual(isError, true, JSON.stringify(content));
      assert.match(JSON.stringify(content), /cudaMalloc/);
    }
  });

test('who becomes another user has that group, and none of the folders that are not that user’s', {
  skip: process.geteuid?.() === 0 ? false : 'needs root',
}, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-owner-'));
  t.after(() => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o755);
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':').slice(2, 4).map(Number));
  // One whose group has another number, so that it is not taken from the file.
  const [uid = OTHER, group = 1] = accounts.find(([one = 0, gid = 0]) => one > 0 && gid > 0 && one !== gid) ?? [];
  const script = `
    const { becomeOwner } = await import(process.argv[2]);
    becomeOwner(() => process.argv[1]);
    const { XDG_STATE_HOME, XDG_RUNTIME_DIR, XDG_CACHE_HOME, XDG_CONFIG_HOME } = process.env;
    const left = { XDG_STATE_HOME, XDG_RUNTIME_DIR, XDG_CACHE_HOME, XDG_CONFIG_HOME };
    console.log(JSON.stringify([process.geteuid(), process.getgid(), process.getgroups(), left]));`;
  for (const [owner, gid] of [
    [uid, group],
    [OTHER, 1],
  ] as const) {
    const [file, theirs] = [join(folder, `${owner}.db`), join(folder, `of-${owner}`)];
    writeFileSync(file, '');
    mkdirSync(theirs);
    for (const path of [file, theirs]) chownSync(path, owner, 1);
    const roots = { XDG_STATE_HOME: folder, XDG_RUNTIME_DIR: folder, XDG_CACHE_HOME: join(folder, 'none') };
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', script, file, join(import.meta.dirname, 'drop-root.ts')],
      {
        encoding: 'utf8',
        env: { ...process.env, ...roots, XDG_CONFIG_HOME: theirs },
      },
    );
    assert.deepEqual(JSON.parse(stdout || stderr), [owner, gid, [gid], { XDG_CONFIG_HOME: theirs }]);
  }
});
