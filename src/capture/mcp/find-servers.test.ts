// Real servers on this host: ours over stdio, one that listens, and a web server that is none.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { mayTrace } from '../privileges.ts';
import { findMcpServers } from './find-servers.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', '..', 'bin', 'whytrace');

/** Starts a program with pipes; it is ended with the test. Resolves once it has said something, or has become Node. */
const start = async (t: TestContext, command: string, args: readonly string[], speaks: boolean) => {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const gone = new Promise((resolve) => child.once('close', resolve));
  t.after(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  if (speaks)
    return new Promise<{ pid: number; said: string }>((resolve) =>
      child.stdout.once('data', (chunk) => resolve({ pid: child.pid ?? 0, said: String(chunk).trim() })),
    );
  const { pid = 0 } = child;
  for (let i = 0; i < 400 && !/\/node$/.test(readlinkSync(`/proc/${pid}/exe`)); i++) await sleep(25);
  return { pid, said: '' };
};

const WEB = `const server = require('node:http').createServer((request, response) => response.end('<html>hello</html>'));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;
const MCP = `const server = require('node:http').createServer((request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { supportedVersions: ['2026-07-28'] } }));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;

test('our server over stdio, a listener that speaks MCP, and not a plain web server', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-mcp-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [web, quiet] = ['web.js', 'quiet.js'].map((name) => join(folder, name));
  writeFileSync(web ?? '', WEB);
  writeFileSync(quiet ?? '', MCP);
  const [plain, hidden] = await Promise.all([
    start(t, process.execPath, [web ?? ''], true),
    start(t, process.execPath, [quiet ?? ''], true),
  ]);
  const named = await start(t, LAUNCHER, ['mcp', '--db', join(folder, 'none.db')], false);
  let looked = await findMcpServers();
  for (let i = 0; i < 50 && !looked.servers.some(({ pid }) => pid === named.pid); i++) {
    await sleep(100);
    looked = await findMcpServers();
  }
  const found = looked.servers.find(({ pid }) => pid === named.pid);
  assert.ok(found, 'our own server is found');
  assert.equal(found.transport, 'stdio');
  assert.equal(found.uid, process.getuid?.());
  assert.equal(found.parents[0]?.pid, process.pid);
  assert.ok(found.confidence >= 0.5 && found.why.length >= 2, JSON.stringify(found));
  assert.equal(looked.probed, 0);
  for (const { pid } of [plain, hidden]) assert.ok(!looked.servers.some((server) => server.pid === pid));
  const asked = await findMcpServers({ mayAsk: (port) => [plain.said, hidden.said].includes(String(port)) });
  const listener = asked.servers.find(({ pid }) => pid === hidden.pid);
  assert.deepEqual(
    [listener?.transport, listener?.addresses, listener?.confidence],
    ['http', [`127.0.0.1:${hidden.said}`], 0.99],
  );
  assert.equal(asked.probed, 2);
  assert.ok(!asked.servers.some(({ pid }) => pid === plain.pid), 'a web server is none, also when it is asked');
});

test('a package in the command line is enough, and its wrapper is not told of twice', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-mcp-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const script = join(folder, 'mcp-server-example.cjs');
  writeFileSync(script, "console.log('up'); process.stdin.resume();");
  const wrapper = await start(t, 'sh', ['-c', `"${process.execPath}" ${script}; true`], true);
  const { servers } = await findMcpServers();
  const ours = servers.filter(({ args }) => args.includes(script));
  assert.equal(ours.length, 1, JSON.stringify(ours));
  assert.ok(ours[0]?.parents.some(({ pid }) => pid === wrapper.pid));
  assert.equal(ours[0]?.package, 'mcp-server-example.cjs');
});

test('one with no name is heard speaking', { skip: mayTrace() ? false : 'needs the rights to trace' }, async (t) => {
  const speak = (word: string) => `setInterval(() => process.stdout.write('{"${word}":"2.0","id":1}\\n'), 50)`;
  const [server, other] = await Promise.all(
    ['jsonrpc', 'level'].map((word) => start(t, process.execPath, ['-e', speak(word)], true)),
  );
  const { servers } = await findMcpServers({ listenMs: 500 });
  const found = servers.find(({ pid }) => pid === server?.pid);
  assert.deepEqual([found?.transport, found?.why[0]?.startsWith('it wrote JSON-RPC')], ['stdio', true]);
  assert.ok(!servers.some(({ pid }) => pid === other?.pid), 'a program that logs JSON is none');
});
