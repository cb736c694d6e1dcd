// TLS with client certificates, made by the system's openssl: who gets in, and that renewed files are taken up.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import { thumbprint } from '../identity/certificate.ts';
import { issuerForTest } from './issuer-for-test.ts';
import { at, bearer, httpHere, MODERN, servingForTest } from './serving-for-test.ts';

const place = servingForTest();
after(() => place.remove());
const file = (name: string): string => join(place.folder, name);
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

const openssl = (...args: readonly string[]): void => {
  const { status, stderr } = spawnSync('openssl', args, { cwd: place.folder, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
};
const authority = (name: string): void =>
  openssl(
    ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2'.split(' '),
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.pem`,
    '-subj',
    `/CN=${name}`,
  );
/** A certificate `name.pem` of an authority, with alternative names. */
const certificate = (name: string, ca: string, alternatives: string): void => {
  openssl(
    ...'req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'.split(' '),
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.csr`,
    '-subj',
    `/CN=${name}`,
  );
  writeFileSync(file(`${name}.ext`), alternatives === '' ? '' : `subjectAltName=${alternatives}\n`);
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-CA',
    `${ca}.pem`,
    '-CAkey',
    `${ca}.key`,
    '-CAcreateserial',
    '-days',
    '2',
    '-out',
    `${name}.pem`,
    '-extfile',
    `${name}.ext`,
  );
};
if (hasOpenssl) {
  authority('ca');
  authority('other');
  certificate('server', 'ca', 'IP:127.0.0.1');
  certificate('renewed', 'ca', 'IP:127.0.0.1');
  certificate('agent', 'ca', 'URI:spiffe://example.com/agent,DNS:agent.example.com');
  certificate('guest', 'ca', '');
  certificate('stranger', 'other', 'URI:spiffe://example.com/agent');
}
const tls = { cert: file('server.pem'), key: file('server.key'), clientCa: file('ca.pem') };

type Answer = { readonly status: number; readonly body: unknown; readonly server: PeerCertificate | undefined };
/** One call over a connection of its own; rejects when TLS does. */
const call = (
  url: string,
  client: string | undefined,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const proof =
      client === undefined
        ? {}
        : { cert: readFileSync(file(`${client}.pem`)), key: readFileSync(file(`${client}.key`)) };
    const sent = request(url, {
      method: 'POST',
      agent: false,
      ca: readFileSync(file('ca.pem')),
      ...proof,
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        'MCP-Protocol-Version': '2026-07-28',
        'Mcp-Method': 'tools/list',
        ...headers,
      },
    });
    sent.on('error', reject);
    sent.on('response', async (answer) => {
      const server = answer.socket instanceof TLSSocket ? answer.socket.getPeerCertificate() : undefined;
      let text = '';
      for await (const piece of answer) text += piece;
      resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text), server });
    });
    sent.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: MODERN } }));
  });

test('a certificate of the authority gets in by its name, and nobody else does', { skip: !hasOpenssl }, async () => {
  await place.during({ http: httpHere({ tls }) }, {}, async ([url = '']) => {
    assert.match(url, /^https:/);
    for (const name of ['agent', 'guest']) assert.equal((await call(url, name)).status, 200, name);
    await assert.rejects(call(url, undefined));
    await assert.rejects(call(url, 'stranger'));
    const refused = place.refusals.filter(({ error }) => error.parts.code === 'certificate_refused');
    assert.equal(refused.length, 2, 'both are told to the audit');
  });
  const named = httpHere({ tls, certificateNames: ['agent.example.com'] });
  await place.during({ http: named, granted: ['telemetry:read'] }, {}, async ([url = '']) => {
    const { status, body } = await call(url, 'agent');
    assert.equal(status, 200);
    assert.ok(!JSON.stringify(at(body, 'result', 'tools')).includes('"name":"run_sql"'));
    const guest = await call(url, 'guest');
    assert.deepEqual([guest.status, at(guest.body, 'error', 'data', 'code')], [403, 'certificate_refused']);
  });
});

test('with an issuer too, the certificate lets one in and the token says who it is', {
  skip: !hasOpenssl,
}, async () => {
  const outside = await issuerForTest();
  const audience = 'https://trace.example.com/mcp';
  const claims = { aud: audience, sub: 'alice', scope: 'telemetry:read' };
  try {
    await place.during(
      { http: httpHere({ tls, oauth: { issuer: outside.issuer, audience } }) },
      {},
      async ([url = '']) => {
        assert.equal((await call(url, 'agent')).status, 401);
        assert.equal((await call(url, 'agent', bearer(await outside.sign(claims)))).status, 200);
        const print = thumbprint(new X509Certificate(readFileSync(file('agent.pem'))));
        const bound = bearer(await outside.sign({ ...claims, cnf: { 'x5t#S256': print } }));
        assert.equal((await call(url, 'agent', bound)).status, 200);
        assert.equal((await call(url, 'guest', bound)).status, 401, 'a stolen token is of no use');
      },
    );
  } finally {
    await outside.close();
  }
});

test('a renewed certificate is taken up, and half a file changes nothing', { skip: !hasOpenssl }, async () => {
  for (const kind of ['pem', 'key']) copyFileSync(file(`server.${kind}`), file(`live.${kind}`));
  const live = { cert: file('live.pem'), key: file('live.key') };
  await place.during({ http: httpHere({ tls: live, open: true }) }, {}, async ([url = '']) => {
    const serial = async () => (await call(url, undefined)).server?.subject.CN;
    const until = async (wanted: string) => {
      for (let i = 0; i < 60 && (await serial()) !== wanted; i++)
        await new Promise((resolve) => setTimeout(resolve, 100));
      assert.equal(await serial(), wanted);
    };
    await until('server');
    writeFileSync(file('live.pem'), 'half');
    for (let i = 0; i < 60 && place.faults.length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 100));
    assert.match(String(place.faults[0]), /cannot use .*live\.pem/);
    assert.equal(await serial(), 'server');
    for (const kind of ['pem', 'key']) {
      copyFileSync(file(`renewed.${kind}`), file(`new.${kind}`));
      renameSync(file(`new.${kind}`), file(`live.${kind}`));
    }
    await until('renewed');
  });
});

test('files that do not belong together are refused at the start', { skip: !hasOpenssl }, async () => {
  const wrong = { cert: file('server.pem'), key: file('agent.key') };
  await assert.rejects(place.start({ http: httpHere({ tls: wrong }) }), { message: /cannot use .*server\.pem/ });
  const missing = { cert: file('none.pem'), key: file('agent.key') };
  await assert.rejects(place.start({ http: httpHere({ tls: missing }) }), { message: /ENOENT/ });
});
