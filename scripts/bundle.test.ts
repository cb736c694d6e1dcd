// The bundle as a desktop client takes it: unpacked by somebody else's program, started by the words of its manifest, and spoken to
// by the official client, over a socket and over what takes the place of ssh.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { scene } from '../test/scene.ts';
import { bundle, registryEntry } from './bundle-files.ts';

const LAUNCHER = fileURLToPath(new URL('../bin/whytrace', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'whytrace-bundle-'));
const recording = scene();
const unpacked = join(folder, 'unpacked');

before(() => {
  recording.process(5, 'python3');
  recording.call({ pid: 5, tid: 5, comm: 'python3' }, 'cudaMalloc', 0, 1000);
  recording.done();
  writeFileSync(join(folder, 'whytrace.mcpb'), bundle());
  const unzip = ['-m', 'zipfile', '-e', join(folder, 'whytrace.mcpb'), unpacked];
  assert.equal(spawnSync('python3', unzip).status, 0);
});
after(() => {
  recording.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** The command of the manifest with its blanks filled in, as a client does. */
const commandFor = (target: string, db: string) => {
  const { server, user_config } = JSON.parse(readFileSync(join(unpacked, 'manifest.json'), 'utf8'));
  assert.deepEqual(Object.keys(user_config), ['target', 'recording']);
  const values: Readonly<Record<string, string>> = {
    __dirname: unpacked,
    'user_config.target': target,
    'user_config.recording': db,
  };
  const args: string[] = server.mcp_config.args.map((arg: string) =>
    arg.replace(/\$\{([\w.]+)\}/g, (_, name: string) => values[name] ?? ''),
  );
  return { command: process.execPath, args };
};

const toolsThrough = async (target: string, db: string, environment: Record<string, string> = {}) => {
  const client = new Client({ name: 'desktop', version: '1' });
  await client.connect(
    new StdioClientTransport({ ...commandFor(target, db), env: { PATH: process.env.PATH ?? '', ...environment } }),
  );
  try {
    const answer = await client.callTool({ name: 'get_trace_stats', arguments: {} });
    assert.match(JSON.stringify(answer.structuredContent), /cudaMalloc/);
    return (await client.listTools()).tools.length;
  } finally {
    await client.close();
  }
};

test('over a UNIX socket', async () => {
  const path = join(folder, 'mcp.sock');
  const server = spawn(LAUNCHER, ['mcp', '--socket', path, '--db', recording.path], { stdio: 'ignore' });
  const ended = new Promise((resolve) => server.on('close', resolve));
  try {
    for (let i = 0; i < 400 && !existsSync(path); i++) await new Promise((resolve) => setTimeout(resolve, 25));
    assert.ok((await toolsThrough(`unix:${path}`, '')) > 5);
  } finally {
    server.kill('SIGKILL');
    await ended;
  }
});

test('over ssh, with a path that a shell would take apart', async () => {
  // In the place of ssh: checks its options, and gives the command to a shell as sshd does.
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const script = [
    '#!/bin/sh',
    '[ "$1 $2 $3 $4 $5 $6 $7" = "-T -o BatchMode=yes -p 2222 -- ann@trace.example" ] || exit 9',
    'exec sh -c "$8"',
  ];
  writeFileSync(join(bin, 'ssh'), `${script.join('\n')}\n`);
  chmodSync(join(bin, 'ssh'), 0o755);
  const odd = join(folder, "it's; touch $(whoami) run.db");
  writeFileSync(odd, readFileSync(recording.path));
  const path = [bin, dirname(LAUNCHER), process.env.PATH ?? ''].join(delimiter);
  assert.ok((await toolsThrough('ssh://ann@trace.example:2222', odd, { PATH: path })) > 5);
});

test('a target that is none, or that would be an option of ssh, is refused', () => {
  for (const target of [
    '',
    'https://example.com',
    'ssh://-oProxyCommand=id',
    'ssh://a b',
    'ssh://ann@-oX',
    'unix:rel',
  ]) {
    const { command, args } = commandFor(target, '');
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    assert.equal(status, 2, target);
    assert.match(stderr, /ssh:\/\//);
  }
});

test('the registry entry names exactly this bundle', () => {
  const { name, description, packages } = JSON.parse(registryEntry());
  assert.match(name, /^[a-z0-9.-]+\/[a-z0-9-]+$/);
  assert.ok(description.length <= 100);
  const [entry] = packages;
  assert.equal(entry.fileSha256, createHash('sha256').update(bundle()).digest('hex'));
  assert.match(entry.identifier, /^https:.*\.mcpb$/);
});
