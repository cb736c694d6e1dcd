// The official client over each transport of the real program: pipes, a UNIX socket, HTTP. It lists every tool and calls each, and
// holds what it gets against the output schema that it was told.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { prompts } from '../src/serve/prompts.ts';
import { recordingTools, tools } from '../src/serve/tools.ts';
import { scene } from './scene.ts';
import { toolArguments } from './tool-arguments.ts';

const LAUNCHER = fileURLToPath(new URL('../bin/whytrace', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'whytrace-transports-'));
const socket = join(folder, 'mcp.sock');
const recording = scene();
/** Keys and the audit of this test go into its own folder. */
const environment = { ...process.env, XDG_STATE_HOME: join(folder, 'state') };
let server: ChildProcess | undefined;
let url = '';

before(async () => {
  recording.process(5, 'python3');
  for (let i = 0; i < 50; i++)
    recording.call({ pid: 5, tid: 5, comm: 'python3' }, 'cudaMalloc', i * 1e6, i === 40 ? 9e8 : 1000, {
      stack: ['main'],
    });
  recording.done();
  const child = spawn(LAUNCHER, ['mcp', '--db', recording.path, '--socket', socket, '--http', '127.0.0.1:0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: environment,
  });
  server = child;
  const lines = createInterface({ input: child.stderr });
  const found = new Set<string>();
  for await (const line of lines) {
    const address = /MCP at (\S+)/.exec(line)?.[1];
    if (address === undefined) continue;
    found.add(address);
    if (address.startsWith('http')) url = address;
    if (found.size === 2) break;
  }
  child.stderr.resume();
  assert.ok(url !== '' && found.has(socket), [...found].join(' '));
});
after(() => {
  server?.kill('SIGKILL');
  recording.remove();
  rmSync(folder, { recursive: true, force: true });
});

const program = (...args: string[]) =>
  new StdioClientTransport({ command: LAUNCHER, args: ['mcp', ...args], stderr: 'ignore', env: environmentOf() });
/** Without what is not set. */
const environmentOf = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

const transports = {
  pipes: () => program('--db', recording.path),
  'a UNIX socket': () => program('--connect', socket),
  HTTP: () => {
    const scopes = ['telemetry:read', 'sql:read', 'probe:control', 'admin'].flatMap((scope) => ['--scope', scope]);
    const token = execFileSync(LAUNCHER, ['token', '--socket', socket, ...scopes], {
      encoding: 'utf8',
      env: environment,
    });
    return new StreamableHTTPClientTransport(new URL(url), {
      requestInit: { headers: { Authorization: `Bearer ${token.trim()}` } },
    });
  },
} as const;

for (const [name, connect] of Object.entries(transports))
  for (const [mode, revision] of [
    ['legacy', '2025-11-25'],
    ['auto', '2026-07-28'],
  ] as const)
    test(`${name}, ${revision}: every tool is listed and answers`, async () => {
      const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
      await client.connect(connect());
      try {
        assert.equal(client.getNegotiatedProtocolVersion(), revision);
        const listed = (await client.listTools()).tools;
        assert.deepEqual(
          listed.map((tool) => tool.name),
          recordingTools.map((tool) => tool.name),
        );
        for (const tool of tools) {
          const { isError, content } = await client.callTool({ name: tool.name, arguments: toolArguments(tool.name) });
          // A server over a finished recording watches nothing: those tools say so, in words.
          const words = JSON.stringify(content);
          if (tool.traits.live === true) assert.match(words, /no_watcher|nothing_to_watch|bad_arguments/, tool.name);
          else assert.notEqual(isError, true, `${tool.name}: ${words}`);
        }
        assert.equal((await client.listPrompts()).prompts.length, prompts.length);
        const { contents } = await client.readResource({ uri: 'whytrace://recording/current' });
        assert.match(JSON.stringify(contents), /cudaMalloc/);
      } finally {
        await client.close();
      }
    });
