// `whytrace mcp` and `whytrace token` as a user runs them: what starts, what is refused, and the shim for clients of pipes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { scene } from '../../test/scene.ts';
import { UserError } from '../base/errors.ts';
import { parseArguments } from './arguments.ts';
import { mcp } from './commands/mcp.ts';
import { LAUNCHER, whytrace } from './run-for-test.ts';

const folder = mkdtempSync(join(tmpdir(), 'whytrace-cli-mcp-'));
const recording = scene();
const env = { XDG_STATE_HOME: folder, XDG_RUNTIME_DIR: join(folder, 'run') };
before(() => {
  recording.process(5, 'python3');
  recording.call({ pid: 5, tid: 5, comm: 'python3' }, 'cudaMalloc', 1e6, 1000);
  recording.done();
});
after(() => {
  recording.remove();
  rmSync(folder, { recursive: true });
});

/** Runs a server while `use` does; `said` is what it told on stderr when it was ready. */
const during = async (args: readonly string[], use: (said: string) => Promise<void>): Promise<number | null> => {
  const child = spawn(LAUNCHER, ['mcp', '--db', recording.path, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  try {
    const said = await new Promise<string>((resolve) => {
      let text = '';
      child.stderr.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        if (/MCP at .*\n/.test(text)) resolve(text);
      });
      child.on('close', () => resolve(text));
    });
    await use(said);
    child.kill('SIGTERM');
    return await ended;
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
};

test('on this machine, HTTP alone starts with a socket for tokens, which any client can fetch and use', async () => {
  const code = await during(['--http', '127.0.0.1:0'], async (said) => {
    const [url = ''] = /http:\S+/.exec(said) ?? [];
    assert.match(said, /whytrace token --socket/);
    assert.equal((await fetch(url, { method: 'POST' })).status, 401);
    const { code, out } = await whytrace(['token', '--headers', '--ttl', '1m'], { env });
    assert.equal(code, 0);
    const headers: Record<string, string> = JSON.parse(out);
    assert.deepEqual(Object.keys(headers), ['Authorization']);
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} });
    const accept = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
    const answer = await fetch(url, { method: 'POST', headers: { ...headers, ...accept }, body });
    assert.equal(answer.status, 200);
    assert.match(await answer.text(), /get_trace_stats/);
  });
  assert.equal(code, 0, 'a signal is no failure');
  assert.equal(statSync(join(folder, 'whytrace', 'token-key.pem')).mode & 0o777, 0o600);
  assert.ok(!existsSync(join(folder, 'run', 'whytrace', 'mcp.sock')));
});

test('the official client reaches a socket through the shim, in both eras', async () => {
  const path = join(folder, 'shim.sock');
  await during(['--socket', path], async () => {
    for (const [mode, revision] of [
      ['legacy', '2025-11-25'],
      ['auto', '2026-07-28'],
    ] as const) {
      const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
      await client.connect(
        new StdioClientTransport({ command: LAUNCHER, args: ['mcp', '--connect', path], stderr: 'pipe' }),
      );
      assert.equal(client.getNegotiatedProtocolVersion(), revision);
      const { structuredContent } = await client.callTool({ name: 'get_trace_stats', arguments: {} });
      assert.ok(structuredContent);
      await client.close();
    }
    const refused = await whytrace(['token', '--socket', path], { env });
    assert.equal(refused.code, 1);
    assert.match(refused.err, /gives no tokens: .*start it with --http/);
  });
  const gone = await whytrace(['mcp', '--connect', path], { env });
  assert.deepEqual([gone.code, gone.out], [1, '']);
  assert.match(gone.err, /no server answers at/);
});

test('what would be open to others does not start, and says what to do', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['--http', '0.0.0.0:0'], /nothing would prove who they are; listen on 127\.0\.0\.1, or add --oauth-issuer/],
    [['--http', '[::]:0', '--http-open'], /will not listen on \[::\]:0/],
    [['--http', 'example.com:80', '--http-open'], /will not listen/],
    [
      ['--http', '0.0.0.0:0', '--oauth-issuer', 'https://i.example', '--oauth-audience', 'https://h.example/mcp'],
      /without TLS.*--behind-proxy/,
    ],
    [['--http', '127.0.0.1:0', '--oauth-issuer', 'https://i.example'], /give both/],
    [
      ['--http', '127.0.0.1:0', '--oauth-issuer', 'http://i.example', '--oauth-audience', 'https://h.example'],
      /not https/,
    ],
    [['--http', '127.0.0.1:0', '--tls-cert', 'x.pem'], /give both --tls-cert FILE and --tls-key/],
    [['--http', '127.0.0.1:0', '--allow-cert', 'x'], /add --tls-client-ca/],
    [['--http', '7411'], /not an address/],
    [['--socket', 'x', '--grant', 'root'], /bad value 'root' for --grant/],
    [['--connect', 'x', '--socket', 'y'], /no other option/],
  ];
  for (const [args, words] of cases)
    await assert.rejects(mcp.run(parseArguments(mcp, args)), (thrown) => {
      assert.ok(thrown instanceof UserError, args.join(' '));
      assert.match(thrown.message, words, args.join(' '));
      assert.equal(thrown.exitCode, 2, args.join(' '));
      return true;
    });
});
