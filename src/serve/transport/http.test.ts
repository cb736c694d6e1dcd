// A server over HTTP on this machine, from outside: its guards, its tokens, its scopes and its limits.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { signToken } from '../identity/jwt.ts';
import { mintToken, OWN_ISSUER } from '../identity/own-tokens.ts';
import { guestScopes, type Principal, scopes } from '../identity/principal.ts';
import { tokenKey } from '../identity/token-key.ts';
import { tools } from '../tools.ts';
import { askToken } from './ask-token.ts';
import { at, bearer, httpHere, MODERN, post, servingForTest } from './serving-for-test.ts';

const place = servingForTest();
after(() => place.remove());
const { path, policy } = place;
const both = { socket: { path, policy }, http: httpHere() };

const owner: Principal = { kind: 'peer', id: 'uid:1', scopes, transport: 'socket', uid: 1 };
const tokenFor = async (
  url: string,
  wish: Partial<{ seconds: number; scopes: Principal['scopes'] }> = {},
  now?: number,
) =>
  (await mintToken(tokenKey(join(place.folder, 'key.pem')), url, owner, { seconds: 60, scopes, ...wish }, now)).token;
const codeOf = async (answer: Promise<Response>) => at(await (await answer).json(), 'error', 'data', 'code');

test('the official client of both eras lists and calls with a token of the socket', async () => {
  await place.during(both, {}, async ([url = '']) => {
    for (const [mode, revision] of [
      ['legacy', '2025-11-25'],
      ['auto', '2026-07-28'],
    ] as const) {
      const { token } = await askToken(path, {});
      const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
      const headers = bearer(token);
      await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
      assert.equal(client.getNegotiatedProtocolVersion(), revision);
      const names = (await client.listTools()).tools.map(({ name }) => name);
      assert.deepEqual(
        names,
        tools.filter(({ traits }) => guestScopes.includes(traits.scope)).map(({ name }) => name),
      );
      const { structuredContent } = await client.callTool({ name: 'get_trace_stats', arguments: {} });
      assert.ok(structuredContent);
      await client.close();
    }
  });
});

test('without a good token nothing is answered, and the challenge says what is missing', async () => {
  await place.during(both, {}, async ([url = '']) => {
    const key = tokenKey(join(place.folder, 'key.pem'));
    const now = Math.floor(Date.now() / 1000);
    const words = { subject: 'uid:1', id: 'x', now, seconds: 60, claims: { scope: 'admin' } };
    const good = await tokenFor(url);
    const [head = '', body = ''] = good.split('.');
    const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
    const refused: Readonly<Record<string, string>> = {
      garbage: 'nonsense',
      'another server': await tokenFor('http://127.0.0.1:1/mcp'),
      expired: await tokenFor(url, { seconds: 60 }, now - 120),
      'without a signature': `${unsigned}.${body}.`,
      'a foreign signature': `${head}.${body}.${'A'.repeat(86)}`,
      'another issuer': await signToken(key, { issuer: 'somebody', audience: url }, words),
      'no scope at all': await signToken(key, { issuer: OWN_ISSUER, audience: url }, { ...words, claims: {} }),
    };
    for (const [name, token] of Object.entries(refused)) {
      const answer = await post(url, 'tools/list', {}, bearer(token));
      assert.equal(answer.status, 401, name);
      assert.match(
        answer.headers.get('www-authenticate') ?? '',
        /^Bearer realm="whytrace", error="invalid_token"/,
        name,
      );
      const text = await answer.text();
      assert.ok(!text.includes(token) && /token_refused/.test(text), name);
    }
    const bare = await post(url, 'tools/list');
    assert.equal(bare.status, 401);
    assert.equal(bare.headers.get('www-authenticate'), 'Bearer realm="whytrace", scope="telemetry:read sql:read"');
    assert.match(await bare.text(), /whytrace token --socket/);
    assert.equal((await post(url, 'tools/list', {}, { Authorization: 'Basic eDp5' })).status, 401);
    assert.equal((await post(url, 'tools/list', {}, bearer(good))).status, 200);
  });
});

test('a token in the URL is refused, and never taken', async () => {
  await place.during(both, {}, async ([url = '']) => {
    const token = await tokenFor(url);
    assert.equal(await codeOf(post(`${url}?access_token=${token}`, 'tools/list')), 'token_in_url');
    for (const name of ['%74oken', 'access%5Ftoken', 'a=b&%54%6f%6b%65%6e'])
      assert.equal(await codeOf(post(`${url}?${name}=${token}`, 'tools/list')), 'token_in_url', name);
    assert.equal(await codeOf(post(`${url}?token=${token}`, 'tools/list', {}, bearer(token))), 'token_in_url');
  });
});

/** A request with headers that `fetch` does not let one set. */
const rawStatus = (url: string, method: string, headers: Readonly<Record<string, string>>): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end(method === 'POST' ? '{}' : undefined);
  });

test('a page in a browser reaches nothing: foreign Host and Origin are refused before all else', async () => {
  await place.during({ http: httpHere({ open: true, hosts: ['trace.example'] }) }, {}, async ([url = '']) => {
    const port = new URL(url).port;
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '0.0.0.0',
    ])
      assert.equal(await rawStatus(url, 'POST', { host }), 403, host);
    for (const origin of ['https://evil.example', 'http://localhost.evil.example', 'null', 'file://', '%'])
      assert.equal(await rawStatus(url, 'POST', { origin }), 403, origin);
    assert.equal(place.refusals.at(-1)?.error.parts.code, 'host_refused');
    const json = { 'content-type': 'application/json' };
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, 'trace.example'])
      assert.equal(await rawStatus(url, 'POST', { host, ...json }), 400, host);
    assert.equal(await rawStatus(url, 'POST', { origin: `http://localhost:${port}`, ...json }), 400);
    assert.equal(await rawStatus(url, 'PUT', {}), 405);
    assert.equal(await rawStatus(url, 'OPTIONS', {}), 405);
    assert.equal(await rawStatus(new URL('/', url).href, 'GET', {}), 404);
    assert.equal(await rawStatus(new URL('/.well-known/oauth-protected-resource', url).href, 'GET', {}), 404);
  });
});

test('the list of tools is what the caller may use, and each call is checked', async () => {
  await place.during(both, {}, async ([url = '']) => {
    const reader = bearer(await tokenFor(url, { scopes: ['telemetry:read'] }));
    const listed = at(await (await post(url, 'tools/list', {}, reader)).json(), 'result');
    assert.equal(at(listed, 'cacheScope'), 'private');
    const list = at(listed, 'tools');
    const readable = tools.filter(({ traits }) => traits.scope === 'telemetry:read').map(({ name }) => name);
    assert.deepEqual(Array.isArray(list) && list.map((tool) => at(tool, 'name')), readable);
    const call = { name: 'run_sql', arguments: { query: 'SELECT 1' } };
    const refused = await post(url, 'tools/call', call, reader);
    assert.equal(refused.status, 403);
    assert.equal(
      refused.headers.get('www-authenticate'),
      'Bearer realm="whytrace", error="insufficient_scope", error_description="it needs sql:read, and the caller has telemetry:read", scope="telemetry:read sql:read"',
    );
    assert.equal(place.refusals.at(-1)?.reason, 'scope');
    // Nor hidden in a batch.
    const legacy = JSON.stringify([
      { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} },
      { jsonrpc: '2.0', id: 2, method: 'tools/call', params: call },
    ]);
    const json = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
    const batch = await fetch(url, { method: 'POST', headers: { ...json, ...reader }, body: legacy });
    assert.equal(batch.status, 400);
    const none = bearer(await tokenFor(url, { scopes: ['probe:control'] }));
    assert.equal((await post(url, 'resources/list', {}, none)).status, 403);
    assert.equal((await post(url, 'resources/read', { uri: 'whytrace://schema' }, none)).status, 403);
    assert.equal((await post(url, 'tools/call', call, bearer(await tokenFor(url)))).status, 200);
  });
});

test('a stream ends with the token that opened it', async () => {
  await place.during(both, {}, async ([url = '']) => {
    const token = bearer(await tokenFor(url, { seconds: 2 }));
    const listen = { notifications: { resourcesListChanged: true } };
    const stream = await post(url, 'subscriptions/listen', listen, token);
    assert.equal(stream.headers.get('content-type'), 'text/event-stream');
    const start = performance.now();
    await assert.rejects(stream.text());
    assert.ok(performance.now() - start < 10_000);
    assert.equal((await post(url, 'tools/list', {}, token)).status, 401);
  });
});

test('there is an end to what one caller and all of them may ask', async () => {
  // So slow a rate that a machine with other work does not earn another call in between.
  const limits = { callsPerSecond: 0.1, burst: 2, messageBytes: 4_000, depth: 8 };
  await place.during(both, limits, async ([url = '']) => {
    const token = bearer(await tokenFor(url));
    const check = { name: 'get_check', arguments: {} };
    const status = async (params: object) => (await post(url, 'tools/call', params, token)).status;
    assert.deepEqual([await status(check), await status(check), await status(check)], [200, 200, 429]);
    const refused = await post(url, 'tools/call', check, token);
    assert.match(refused.headers.get('retry-after') ?? '', /^[5-9]$|^10$/);
    assert.equal(at(await refused.json(), 'error', 'data', 'code'), 'too_many_calls');
    const long = await post(url, 'tools/list', { long: 'x'.repeat(5_000) }, token);
    assert.equal(long.status, 413);
    const deep = JSON.parse(`${'{"a":'.repeat(20)}1${'}'.repeat(20)}`);
    assert.equal(await codeOf(post(url, 'tools/list', deep, token)), 'message_too_deep');
  });
  await place.during(both, { requests: 1 }, async ([url = '']) => {
    const token = bearer(await tokenFor(url));
    const query = 'SELECT count(*) FROM calls a, calls b, calls c, calls d, calls e, calls f';
    const slow = post(url, 'tools/call', { name: 'run_sql', arguments: { query, timeout: '1s' } }, token);
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.equal(await codeOf(post(url, 'tools/list', {}, token)), 'server_busy');
    assert.equal((await slow).status, 200);
  });
});

test('a sender that never finishes is cut off', async () => {
  await place.during(both, { receiveMs: 500 }, async ([url = '']) => {
    const token = await tokenFor(url);
    const sent = request(url, { method: 'POST', headers: { ...bearer(token), 'content-length': '100' } });
    const start = performance.now();
    const ended = new Promise<void>((resolve) => sent.on('close', resolve).on('error', () => {}));
    sent.on('response', (answer) => answer.resume());
    sent.write('{');
    await ended;
    assert.ok(performance.now() - start < 10_000);
  });
});

test('fifty clients at once get their own answers', async () => {
  await place.during(both, {}, async ([url = '']) => {
    const token = bearer(await tokenFor(url));
    const body = (id: number) =>
      JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'get_trace_stats', _meta: MODERN } });
    const headers = {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': 'tools/call',
      'Mcp-Name': 'get_trace_stats',
      ...token,
    };
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, id) =>
        (await fetch(url, { method: 'POST', headers, body: body(id) })).json(),
      ),
    );
    for (const [id, answer] of answers.entries()) {
      assert.equal(at(answer, 'id'), id);
      assert.ok(at(answer, 'result', 'structuredContent'), JSON.stringify(answer));
    }
  });
});
