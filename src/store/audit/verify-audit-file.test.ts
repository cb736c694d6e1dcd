import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { parseHead } from '../evidence/head.ts';
import { knownPublicKey, openEvidenceKey } from '../evidence/key.ts';
import { openOwn } from '../open.ts';
import { createAuditLog } from './audit-log.ts';
import { plainRows, rowAt } from './row-for-test.ts';
import { isAuditLog, verifyAuditFile } from './verify-audit-file.ts';

let folder = '';
let path = '';
const keyFolder = () => join(folder, 'keys');
const ownKey = () => knownPublicKey(keyFolder())?.fingerprint;

const write = (rows: number, keys = keyFolder(), from = 0) => {
  const log = createAuditLog({ path, keyFolder: keys, limit: 1e9, own: plainRows });
  for (let i = 0; i < rows; i++) log.append(rowAt(from + i));
  log.close();
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'whytrace-verify-audit-'));
  path = join(folder, 'audit.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a log of this user is intact, that of an unknown key is not, and no other file is a log', () => {
  write(5);
  assert.ok(
    isAuditLog(path) && !isAuditLog(join(folder, 'none')) && !isAuditLog(join(keyFolder(), 'evidence-key.pem')),
  );
  const found = verifyAuditFile(path, { ownKey: ownKey() });
  assert.deepEqual([found.verdict, found.rows, found.key], ['intact', 6, ownKey()]);
  assert.equal(verifyAuditFile(path, {}).verdict, 'unknown_key');
  const other = openEvidenceKey(join(folder, 'others')).fingerprint;
  assert.equal(verifyAuditFile(path, { ownKey: ownKey(), key: other }).verdict, 'unknown_key');
});

test('a head that was kept finds what the file alone cannot tell: its newest rows gone, or all of it made anew', () => {
  write(10);
  const anchor = parseHead(verifyAuditFile(path, { ownKey: ownKey() }).head ?? '');
  assert.ok(anchor !== undefined);
  copyFileSync(path, `${path}.whole`);
  write(5);
  assert.equal(verifyAuditFile(path, { ownKey: ownKey(), anchor }).verdict, 'intact');
  copyFileSync(`${path}.whole`, path);
  const database = openOwn(path, { readOnly: false, timeout: 1000 });
  database.exec('DROP TRIGGER audit_is_kept; DELETE FROM audit WHERE id > 8');
  database.close();
  assert.equal(verifyAuditFile(path, { ownKey: ownKey() }).verdict, 'intact');
  assert.match(verifyAuditFile(path, { ownKey: ownKey(), anchor }).fault?.why ?? '', /newest rows were removed/);
  rmSync(path);
  write(12, keyFolder(), 100);
  assert.match(verifyAuditFile(path, { ownKey: ownKey(), anchor }).fault?.why ?? '', /another log took its place/);
});

test('rows that another key signed are found', () => {
  write(3);
  write(3, join(folder, 'others'));
  const { verdict, fault } = verifyAuditFile(path, { ownKey: ownKey() });
  assert.equal(verdict, 'changed');
  assert.match(fault?.why ?? '', /not signed/);
});
