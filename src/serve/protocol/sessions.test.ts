// Clients of 2025 over HTTP: a session is its owner's alone, follows a recording, and ends.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { scene } from '../../../test/scene.ts';
import { AGENT_BUDGET, type ToolContext } from '../tool.ts';
import { watchRecording } from './changes.ts';
import { httpHandler } from './http-handler.ts';
import { protocolServer } from './server.ts';

const recording = scene();
recording.process(5, 'python3');
recording.writer.commit(1e9);
const context: ToolContext = {
  path: () => recording.path,
  check: async () => ({ ok: true, checks: [] }),
  budget: AGENT_BUDGET,
};
const changes = watchRecording(context, 20);
const faults: Error[] = [];
const handler = httpHandler({
  factory: (request) => protocolServer({ version: '0.0.1', context, changes }, request),
  report: (error) => faults.push(error),
  maxRequestBodySize: 10_000,
  maxSubscriptions: 10,
  changes,
});
after(async () => {
  await handler.close();
  changes.close();
  recording.done();
  recording.remove();
});

const ENDPOINT = 'http://127.0.0.1/mcp';
type Parts = { readonly owner?: string; readonly session?: string | undefined; readonly method?: string };

const send = (message: object | undefined, { owner = 'ann', session, method = 'POST' }: Parts = {}) => {
  const headers = {
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
    ...(session === undefined ? {} : { 'Mcp-Session-Id': session, 'MCP-Protocol-Version': '2025-11-25' }),
  };
  const body = message === undefined ? null : JSON.stringify({ jsonrpc: '2.0', ...message });
  return handler.fetch(new Request(ENDPOINT, { method, headers, body }), { owner });
};

const begin = async (owner?: string): Promise<string> => {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
  const response = await send({ id: 1, method: 'initialize', params }, owner === undefined ? {} : { owner });
  const session = response.headers.get('mcp-session-id') ?? '';
  assert.match(session, /^[0-9a-f-]{36}$/);
  await response.text();
  await (
    await send({ method: 'notifications/initialized' }, { session, ...(owner === undefined ? {} : { owner }) })
  ).text();
  return session;
};

test('a session answers its owner, and is unknown to anybody else', async () => {
  const session = await begin();
  const list = { id: 2, method: 'tools/list' };
  assert.match(await (await send(list, { session })).text(), /get_trace_stats/);
  for (const wrong of [{ session, owner: 'bob' }, { session: 'a-guess' }])
    for (const method of ['POST', 'GET', 'DELETE'])
      assert.equal((await send(method === 'POST' ? list : undefined, { ...wrong, method })).status, 404, method);
  assert.equal((await send(list, { session })).status, 200, 'still there');
  assert.equal((await send(undefined, { session, method: 'DELETE' })).status, 200);
  assert.equal((await send(list, { session })).status, 404, 'ended');
});

test('without a session a request is answered, and there is no stream', async () => {
  assert.match(await (await send({ id: 3, method: 'tools/list' })).text(), /get_trace_stats/);
  assert.equal((await send(undefined, { method: 'GET' })).status, 405);
});

test('the stream of a session tells of a resource that it follows', async () => {
  const session = await begin();
  const uri = 'whytrace://recording/current';
  const other = await begin('bob');
  await (await send({ id: 4, method: 'resources/subscribe', params: { uri } }, { session })).text();
  const stream = await send(undefined, { session, method: 'GET' });
  assert.equal(stream.headers.get('content-type'), 'text/event-stream');
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  recording.call({ pid: 5, tid: 5, comm: 'python3' }, 'cudaMalloc', 2e9, 1000);
  recording.writer.commit(3e9);
  let said = '';
  while (!said.includes('notifications/resources/updated')) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: '' };
    assert.ok(!done, said);
    said += value;
  }
  assert.match(said, /whytrace:\/\/recording\/current/);
  assert.doesNotMatch(said, /process\/5/, 'only what was asked for');
  await reader?.cancel();
  for (const [id, owner] of [
    [session, 'ann'],
    [other, 'bob'],
  ] as const)
    await send(undefined, { session: id, owner, method: 'DELETE' });
});

test('old sessions make room for new ones of the same owner', async () => {
  const first = await begin();
  const others = await begin('bob');
  for (let i = 0; i < 256; i++) await begin();
  const list = { id: 9, method: 'tools/list' };
  assert.equal((await send(list, { session: first })).status, 404);
  assert.equal((await send(list, { session: others, owner: 'bob' })).status, 200, 'their owner’s, and nobody else’s');
  assert.deepEqual(faults, []);
});
