// The file of the key that signs tokens: made once, private, and refused when it is not.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { tokenKey } from './token-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'whytrace-key-'));
after(() => rmSync(folder, { recursive: true }));

test('it is made on first use, for nobody else to read, and stays the same', () => {
  const path = join(folder, 'deep', 'key.pem');
  const key = tokenKey(path);
  assert.equal(key.asymmetricKeyType, 'ed25519');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.ok(tokenKey(path).equals(key));
  assert.deepEqual(readdirSync(join(folder, 'deep')), ['key.pem'], 'no draft is left');
});

test('a file that others can read, a link, and what is no key are refused, without their contents', () => {
  const path = join(folder, 'key.pem');
  tokenKey(path);
  chmodSync(path, 0o640);
  assert.throws(() => tokenKey(path), { message: /others can read/ });
  chmodSync(path, 0o600);
  const link = join(folder, 'link.pem');
  symlinkSync(path, link);
  assert.throws(() => tokenKey(link), { message: /ELOOP/ });
  writeFileSync(path, '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n');
  assert.throws(
    () => tokenKey(path),
    (thrown) => thrown instanceof Error && /no private key/.test(thrown.message) && !/c2Vj/.test(thrown.message),
  );
});
