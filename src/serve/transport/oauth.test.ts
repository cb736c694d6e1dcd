// The server as an OAuth 2.1 resource server, against a real issuer on this machine.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SignJWT } from 'jose';
import { issuerForTest } from './issuer-for-test.ts';
import { at, bearer, httpHere, post, servingForTest } from './serving-for-test.ts';

const AUDIENCE = 'https://trace.example.com/mcp';
const METADATA = 'https://trace.example.com/.well-known/oauth-protected-resource/mcp';
const place = servingForTest();
let outside: Awaited<ReturnType<typeof issuerForTest>>;
before(async () => {
  outside = await issuerForTest();
});
after(async () => {
  await place.remove();
  await outside.close();
});

const during = (use: (url: string) => Promise<void>) =>
  place.during({ http: httpHere({ oauth: { issuer: outside.issuer, audience: AUDIENCE } }) }, {}, ([url = '']) =>
    use(url),
  );
const good = { aud: AUDIENCE, sub: 'alice', client_id: 'agent', scope: 'telemetry:read openid' };

test('its metadata says who gives tokens, at both places of RFC 9728, and the challenge points to it', async () => {
  await during(async (url) => {
    for (const path of ['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp']) {
      const answer = await fetch(new URL(path, url));
      assert.equal(answer.status, 200);
      const metadata = await answer.json();
      assert.deepEqual(
        [at(metadata, 'resource'), at(metadata, 'authorization_servers'), at(metadata, 'bearer_methods_supported')],
        [AUDIENCE, [outside.issuer], ['header']],
      );
      assert.ok(!JSON.stringify(at(metadata, 'scopes_supported')).includes('offline_access'));
    }
    const bare = await post(url, 'tools/list');
    assert.equal(bare.status, 401);
    assert.equal(
      bare.headers.get('www-authenticate'),
      `Bearer scope="telemetry:read sql:read", resource_metadata="${METADATA}"`,
    );
  });
});

test('a token of the issuer for this server gets in with the scopes that it carries', async () => {
  await during(async (url) => {
    const token = bearer(await outside.sign(good));
    assert.equal((await post(url, 'tools/call', { name: 'get_check', arguments: {} }, token)).status, 200);
    const refused = await post(url, 'tools/call', { name: 'run_sql', arguments: { query: 'SELECT 1' } }, token);
    assert.equal(refused.status, 403);
    assert.match(
      refused.headers.get('www-authenticate') ?? '',
      /error="insufficient_scope".*scope="telemetry:read sql:read", resource_metadata="https:\/\/trace\.example/,
    );
    const scp = bearer(await outside.sign({ ...good, scope: undefined, scp: ['sql:read', 'telemetry:read'] }));
    assert.equal(
      (await post(url, 'tools/call', { name: 'run_sql', arguments: { query: 'SELECT 1' } }, scp)).status,
      200,
    );
  });
});

test('no other token gets in, and each refusal says why without repeating it', async () => {
  await during(async (url) => {
    const now = Math.floor(Date.now() / 1000);
    const shared = await new SignJWT({ iss: outside.issuer, ...good })
      .setProtectedHeader({ alg: 'HS256', kid: 'first' })
      .setExpirationTime('1m')
      .sign(new TextEncoder().encode('x'.repeat(32)));
    const cases: Readonly<Record<string, readonly [string, RegExp]>> = {
      'of another audience': [await outside.sign({ ...good, aud: 'https://other.example/mcp' }), /another server/],
      'of no audience': [await outside.sign({ sub: 'alice', scope: 'admin' }), /no claim aud|another server/],
      'of another issuer': [await outside.sign({ ...good, iss: 'https://evil.example' }), /another issuer/],
      'that claims to be ours': [await outside.sign({ ...good, iss: 'whytrace' }), /another issuer/],
      'that has expired': [await outside.sign({ ...good, exp: now - 60 }), /has expired/],
      'that never expires': [await outside.sign(good, 'first', 'ES256', null), /no claim exp/],
      'not yet good': [await outside.sign({ ...good, nbf: now + 600 }), /nbf/],
      'with a shared secret': [shared, /algorithm/],
      'of an unknown key': [await outside.sign(good, 'stranger'), /key that its issuer does not have/],
      'bound to a certificate': [await outside.sign({ ...good, cnf: { 'x5t#S256': 'A'.repeat(43) } }), /is bound to/],
      'that is none': ['abc.def.ghi', /no signed token|not of an issuer/],
    };
    for (const [name, [token, words]] of Object.entries(cases)) {
      const answer = await post(url, 'tools/list', {}, bearer(token));
      assert.equal(answer.status, 401, name);
      assert.match(answer.headers.get('www-authenticate') ?? '', /error="invalid_token".*resource_metadata=/, name);
      const text = await answer.text();
      assert.match(text, words, name);
      assert.ok(!text.includes(token.slice(0, 40)), name);
    }
  });
});

test('keys that the issuer adds are found, and one that cannot be asked is told from a bad token', async () => {
  const keys = new URL(`${outside.issuer}/keys`);
  const oauth = { issuer: outside.issuer, audience: AUDIENCE, jwks: keys };
  await place.during({ http: httpHere({ oauth }) }, {}, async ([url = '']) => {
    outside.fail(true);
    const asked = await post(url, 'tools/list', {}, bearer(await outside.sign(good)));
    assert.equal(asked.status, 503);
    assert.equal(at(await asked.json(), 'error', 'data', 'code'), 'issuer_unreachable');
    outside.fail(false);
    await outside.addKey('second', 'RS256');
    assert.equal((await post(url, 'tools/list', {}, bearer(await outside.sign(good, 'second', 'RS256')))).status, 200);
    const before = outside.fetches();
    for (let i = 0; i < 5; i++) await post(url, 'tools/list', {}, bearer(await outside.sign(good, `stranger${i}`)));
    assert.ok(outside.fetches() - before <= 1, 'strangers do not make it ask the issuer again and again');
  });
  await place.during(
    { http: httpHere({ oauth: { issuer: outside.issuer, audience: AUDIENCE } }) },
    {},
    async ([url = '']) => {
      outside.fail(true);
      const token = bearer(await outside.sign(good));
      assert.equal((await post(url, 'tools/list', {}, token)).status, 503);
      outside.fail(false);
      assert.equal((await post(url, 'tools/list', {}, token)).status, 200, 'metadata is asked for again');
    },
  );
});
