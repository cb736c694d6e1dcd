// The server from outside, over the pipes of a real process: by the official client and by raw lines.
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { scene } from '../../test/scene.ts';
import { toolArguments } from '../../test/tool-arguments.ts';
import { HASH_KEY } from './protocol/server.ts';
import { recordingTools, toolNamed } from './tools.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/whytrace', import.meta.url));
const recording = scene();
const other = scene();
const folder = mkdtempSync(join(tmpdir(), 'whytrace-mcp-'));
const db = join(folder, 'run.db');
const stack = ['load_batch', 'main'];
/** Long before the query's own limit, on a machine with other work. */
const SOON_MS = 5000;

before(() => {
  for (const [build, op] of [
    [recording, 'cudaMalloc'],
    [other, 'cudaFree'],
  ] as const) {
    build.process(5, 'python3');
    for (let i = 0; i < 50; i++) build.call({ pid: 5, tid: 5, comm: 'python3' }, op, i * 1e6, 1000, { stack });
    build.done();
  }
  copyFileSync(recording.path, db);
});
after(() => {
  recording.remove();
  other.remove();
  rmSync(folder, { recursive: true });
});

const withClient = async (mode: 'legacy' | 'auto', use: (client: Client) => Promise<void>) => {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(new StdioClientTransport({ command: LAUNCHER, args: ['mcp', '--db', db], stderr: 'pipe' }));
  try {
    await use(client);
  } finally {
    await client.close();
  }
};

for (const [mode, revision] of [
  ['legacy', '2025-11-25'],
  ['auto', '2026-07-28'],
] as const)
  test(`the official client (${revision}) lists the tools and gets a valid answer from each`, async () => {
    await withClient(mode, async (client) => {
      assert.equal(client.getNegotiatedProtocolVersion(), revision);
      assert.match(client.getInstructions() ?? '', /untrusted/);
      const listed = (await client.listTools()).tools;
      assert.deepEqual(
        listed.map(({ name }) => name),
        recordingTools.map(({ name }) => name),
      );
      for (const { name, annotations, outputSchema } of listed) {
        assert.ok(outputSchema, name);
        const { traits } = toolNamed(name);
        assert.equal(annotations?.readOnlyHint, traits.scope !== 'probe:control', name);
        if (traits.live === true) continue;
        // The client holds the structured content against the output schema and throws when it does not fit.
        const answer = await client.callTool({ name, arguments: toolArguments(name) });
        assert.ok(!answer.isError, JSON.stringify(answer.content));
        const [text] = answer.content;
        assert.deepEqual(text?.type === 'text' && JSON.parse(text.text), answer.structuredContent, name);
      }
      const prompt = await client.getPrompt({ name: 'investigate', arguments: { question: 'Why?', pid: '5' } });
      assert.match(JSON.stringify(prompt.messages), /get_trace_stats.*insufficient evidence/);
    });
  });

test('what the caller got wrong is an error of the tool, with code, reason and remedy', async () => {
  await withClient('legacy', async (client) => {
    const errorOf = async (name: string, args: Record<string, unknown>) => {
      const { isError, content, structuredContent } = await client.callTool({ name, arguments: args });
      assert.deepEqual([isError, structuredContent], [true, undefined], name);
      const [text] = content;
      const { error } = JSON.parse(text?.type === 'text' ? text.text : '');
      assert.deepEqual(Object.keys(error), ['code', 'what', 'why', 'todo']);
      return error.code;
    };
    assert.equal(await errorOf('get_trace_stats', { nope: true }), 'bad_arguments');
    assert.equal(await errorOf('get_causal_chains', { pid: 4242 }), 'unknown_pid');
    assert.equal(await errorOf('run_sql', { query: 'DROP TABLE call' }), 'sql_denied');
    const endless = {
      query: 'SELECT count(*) FROM calls a, calls b, calls c, calls d, calls e, calls f',
      timeout: '300ms',
    };
    assert.equal(await errorOf('run_sql', endless), 'sql_timeout');
    const next = await client.callTool({ name: 'run_sql', arguments: { query: 'SELECT 1' } });
    assert.deepEqual(next.structuredContent, { columns: ['1'], rows: [[1]], row_count: 1, truncated: false, total: 1 });
  });
});

test('the file is read as it is at each call: missing, replaced, damaged, foreign', async () => {
  await withClient('legacy', async (client) => {
    const stats = async () => {
      const { content } = await client.callTool({ name: 'get_trace_stats', arguments: {} });
      const [text] = content;
      return text?.type === 'text' ? text.text : '';
    };
    const put = (path: string) => {
      copyFileSync(path, `${db}.new`);
      renameSync(`${db}.new`, db);
    };
    try {
      assert.match(await stats(), /cudaMalloc/);
      put(other.path);
      assert.match(await stats(), /cudaFree/);
      rmSync(db);
      assert.match(await stats(), /recording_not_found/);
      writeFileSync(db, 'not a recording');
      assert.match(await stats(), /not_a_recording/);
      put(recording.path);
      truncateSync(db, 60_000);
      assert.match(await stats(), /recording_damaged/);
    } finally {
      put(recording.path);
    }
    assert.match(await stats(), /cudaMalloc/);
  });
});

/** A server process; `ask` sends a message and gives the next line of its stdout. */
const startServer = () => {
  const child: ChildProcessWithoutNullStreams = spawn(LAUNCHER, ['mcp', '--db', db], { stdio: 'pipe' });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  return {
    child,
    send,
    ask: async (message: object) => {
      send(message);
      const { value } = await lines.next();
      return JSON.parse(value ?? '');
    },
    ended: new Promise<number | null>((resolve) => child.on('close', resolve)),
  };
};

const withServer = async (use: (server: ReturnType<typeof startServer>) => Promise<void>) => {
  const server = startServer();
  try {
    await use(server);
  } finally {
    server.child.kill('SIGKILL');
  }
};

for (const revision of ['2025-06-18', '2025-11-25'])
  test(`raw lines: initialize with ${revision}`, async () => {
    await withServer(async ({ ask, send }) => {
      const params = { protocolVersion: revision, capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
      const { result } = await ask({ id: 1, method: 'initialize', params });
      assert.equal(result.protocolVersion, revision);
      assert.equal(result.serverInfo.name, 'whytrace');
      send({ method: 'notifications/initialized' });
      assert.equal((await ask({ id: 2, method: 'tools/list' })).result.tools.length, recordingTools.length);
    });
  });

const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

test('raw lines: 2026-07-28 discovers, lists with cache hints, refuses what it does not know', async () => {
  await withServer(async ({ ask }) => {
    const modern = (id: number, method: string, params: object = {}) =>
      ask({ id, method, params: { ...params, _meta: MODERN } });
    const discovered = (await modern(1, 'server/discover')).result;
    assert.ok(discovered.supportedVersions.includes('2026-07-28'));
    const list = (await modern(2, 'tools/list')).result;
    assert.deepEqual([list.ttlMs, list.cacheScope, list.resultType], [300_000, 'public', 'complete']);
    assert.deepEqual((await modern(3, 'tools/list')).result, list, 'the same list, byte for byte');
    const hash = createHash('sha256').update(JSON.stringify(list.tools)).digest('hex');
    assert.equal(discovered._meta[HASH_KEY], hash, 'any client can check the definitions that it got');
    assert.equal((await modern(4, 'no/such')).error.code, -32601);
    assert.equal((await modern(5, 'tools/call', { name: 'no_such_tool', arguments: {} })).error.code, -32602);
  });
});

test('an error of the protocol that repeats a name does not repeat what nobody sees', async () => {
  await withServer(async ({ ask }) => {
    const name = 'no\u001b[31m_su\u202ech\u{e0041}\u200b\u0007';
    const named = { name, arguments: {}, _meta: MODERN };
    for (const [id, method, params] of [
      [1, 'tools/call', named],
      [2, 'prompts/get', named],
      [3, name, { _meta: MODERN }],
      [4, 'resources/read', { uri: `x:///${name}`, _meta: MODERN }],
    ] as const) {
      const { error } = await ask({ id, method, params });
      assert.equal(typeof error?.code, 'number', method);
      const { message, data } = error;
      assert.doesNotMatch(JSON.stringify([message, data]), /[\u202e\u200b\u{e0041}]|\\u00/u, method);
      if (id < 3) assert.match(message, /no_such/);
    }
  });
});

test('it ends promptly when its input ends, also with a query running', async () => {
  await withServer(async ({ ask, send, child, ended }) => {
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
    await ask({ id: 1, method: 'initialize', params });
    const query = 'SELECT count(*) FROM calls a, calls b, calls c, calls d, calls e, calls f';
    send({ id: 2, method: 'tools/call', params: { name: 'run_sql', arguments: { query, timeout: 20 } } });
    const children = () => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').match(/\d+/g) ?? [];
    for (let i = 0; i < 100 && children().length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 50));
    // Until it has begun to count.
    await new Promise((resolve) => setTimeout(resolve, 150));
    const queries = children().map(Number);
    assert.equal(queries.length, 1);
    const start = performance.now();
    child.stdin.end();
    assert.equal(await ended, 0);
    assert.ok(performance.now() - start < SOON_MS, `${performance.now() - start} ms`);
    for (const pid of queries) assert.ok(!existsSync(`/proc/${pid}/exe`), `query ${pid} goes on`);
  });
});

test('the first list of tools is there soon after the start (400 ms are the goal of the bench)', async () => {
  const times: number[] = [];
  // The machine may be busy with other tests: the best of a few is what the program needs.
  while (times.length < 8 && Math.min(...times, 2000) >= 1000) {
    const start = performance.now();
    await withServer(async ({ ask }) => {
      await ask({ id: 1, method: 'tools/list', params: { _meta: MODERN } });
    });
    times.push(performance.now() - start);
  }
  assert.ok(Math.min(...times) < 1000, times.map(Math.round).join(', '));
});
