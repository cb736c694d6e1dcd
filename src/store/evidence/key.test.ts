import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { knownPublicKey, newKey, openEvidenceKey, publicKeyOf } from './key.ts';
import { isSigned, signHead } from './sign.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'whytrace-key-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a key is made once, for its owner only, and read again', () => {
  const state = join(folder, 'state');
  assert.equal(knownPublicKey(state), undefined);
  const first = openEvidenceKey(state);
  assert.deepEqual(readdirSync(state).sort(), ['evidence-key.pem', 'evidence-key.pub']);
  assert.equal(statSync(join(state, 'evidence-key.pem')).mode & 0o777, 0o600);
  assert.equal(openEvidenceKey(state).fingerprint, first.fingerprint);
  assert.equal(knownPublicKey(state)?.fingerprint, first.fingerprint);
  rmSync(join(state, 'evidence-key.pub'));
  openEvidenceKey(state);
  assert.equal(knownPublicKey(state)?.fingerprint, first.fingerprint);
  for (const wrong of [`${newKey().publicKey}\n`, '']) {
    writeFileSync(join(state, 'evidence-key.pub'), wrong);
    openEvidenceKey(state);
    assert.equal(knownPublicKey(state)?.fingerprint, first.fingerprint, 'another key in its place is replaced');
  }
  assert.equal(readdirSync(state).length, 2);
  assert.equal(publicKeyOf(Buffer.from(first.publicKey, 'base64')).fingerprint, first.fingerprint);
  assert.match(first.fingerprint, /^SHA256:[0-9a-f]{64}$/);
});

test('a key that others can read, that is a link, or that is no key is refused', () => {
  openEvidenceKey(folder);
  const path = join(folder, 'evidence-key.pem');
  chmodSync(path, 0o640);
  assert.throws(() => openEvidenceKey(folder), /others may read it, its mode is 640/);
  writeFileSync(path, 'no key');
  chmodSync(path, 0o600);
  assert.throws(() => openEvidenceKey(folder), /cannot use the key/);
  rmSync(path);
  symlinkSync('/dev/null', path);
  assert.throws(() => openEvidenceKey(folder), /cannot use the key/);
});

test('a signature is of one key, one head and one purpose', () => {
  const [key, other] = [newKey(), newKey()];
  const head = Buffer.alloc(32, 1);
  const signature = signHead(key.privateKey, 'audit', head);
  assert.equal(signature.length, 64);
  assert.ok(isSigned(key.key, 'audit', head, signature));
  assert.ok(!isSigned(key.key, 'recording', head, signature));
  assert.ok(!isSigned(other.key, 'audit', head, signature));
  assert.ok(!isSigned(key.key, 'audit', Buffer.alloc(32, 2), signature));
  assert.ok(!isSigned(key.key, 'audit', head, signature.subarray(1)));
});
