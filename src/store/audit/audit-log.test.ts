import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { knownPublicKey } from '../evidence/key.ts';
import { type Database, openOwn } from '../open.ts';
import { openAuditForReading } from './audit-file.ts';
import { type AuditLog, createAuditLog } from './audit-log.ts';
import { type AuditRow, hashedColumns } from './audit-row.ts';
import { usedBytes } from './prune.ts';
import { readAudit } from './read-audit.ts';
import { plainRows, rowAt } from './row-for-test.ts';
import { type AuditCheck, verifyAudit } from './verify-audit.ts';

const LARGE = 1e9;
let folder = '';
let path = '';
const open: AuditLog[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'whytrace-audit-'));
  path = join(folder, 'state', 'audit.db');
});
afterEach(() => {
  for (const log of open.splice(0)) log.close();
  rmSync(folder, { recursive: true });
});

const start = (limit = LARGE): AuditLog => {
  const log = createAuditLog({ path, keyFolder: join(folder, 'state'), limit, own: plainRows });
  open.push(log);
  return log;
};
const reading = <T>(read: (database: Database) => T): T => {
  const database = openAuditForReading(path);
  try {
    return read(database);
  } finally {
    database.close();
  }
};
const check = (newest?: number): AuditCheck =>
  reading((database) =>
    verifyAudit(database, {
      key: knownPublicKey(join(folder, 'state')),
      signatures: 'all',
      ...(newest === undefined ? {} : { newest }),
    }),
  );
/** Changes the file as its owner can: without its triggers. */
const tamper = (...statements: readonly string[]) => {
  const database = openOwn(path, { readOnly: false, timeout: 1000 });
  try {
    for (const name of ['final', 'kept']) database.exec(`DROP TRIGGER audit_is_${name}`);
    database.exec('DROP TRIGGER audit_goes_on');
    for (const statement of statements) database.exec(statement);
  } finally {
    database.close();
  }
};

test('rows are kept for their owner only, in one chain that the key of this user signed', () => {
  const log = start();
  for (let i = 0; i < 10; i++) assert.equal(log.append(rowAt(i)), i + 2);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  for (const companion of ['-wal', '-shm']) assert.equal(statSync(path + companion).mode & 0o077, 0);
  const { from, to, complete, signature, fault } = check();
  assert.deepEqual([from, to, complete, signature, fault], [1, 11, true, 'ok', undefined]);
  assert.deepEqual(check(3).from, 9);
  const [newest] = reading((database) => readAudit(database, { limit: 1 }));
  assert.equal(newest?.time, '2026-09-21T14:13:29.000Z');
});

test('the file itself refuses to change or to remove a row', () => {
  start().append(rowAt(0));
  const database = openOwn(path, { readOnly: false, timeout: 1000 });
  assert.throws(() => database.exec('UPDATE audit SET bytes = 1'), /append-only/);
  assert.throws(() => database.exec('DELETE FROM audit WHERE id = 1'), /append-only/);
  assert.throws(
    () => database.exec('INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE id = 2'),
    /append-only|UNIQUE/,
  );
  database.close();
});

test('any single change of any column of any row is found', () => {
  const log = start();
  for (let i = 0; i < 30; i++) log.append(rowAt(i, { name: `tool-${i % 3}` }));
  log.close();
  const clean = readFileSync(path);
  const columns = [...hashedColumns.filter((name) => name !== 'id'), 'hash', 'signature'];
  const change = fc.record({
    id: fc.integer({ min: 1, max: 31 }),
    column: fc.constantFrom(...columns),
    value: fc.constantFrom("'x'", '7', '-1.5', "x'00'", 'NULL', "'NULL'"),
  });
  fc.assert(
    fc.property(change, ({ id, column, value }) => {
      writeFileSync(path, clean);
      const before = reading((database) =>
        database.prepare(`SELECT quote(${column}) AS v FROM audit WHERE id = ?`).get(id),
      );
      tamper(`UPDATE audit SET ${column} = ${value} WHERE id = ${id}`);
      const after = reading((database) =>
        database.prepare(`SELECT quote(${column}) AS v FROM audit WHERE id = ?`).get(id),
      );
      if (before?.v === after?.v) return;
      const { fault } = check();
      assert.ok(
        fault !== undefined && fault.id >= id && fault.id <= id + 1,
        `${column} of ${id}: ${JSON.stringify(fault)}`,
      );
    }),
    { numRuns: 150 },
  );
});

test('rows removed, put in or exchanged are found, and where', () => {
  const log = start();
  for (let i = 0; i < 10; i++) log.append(rowAt(i));
  log.close();
  const clean = readFileSync(path);
  const faultAfter = (...statements: readonly string[]) => {
    writeFileSync(path, clean);
    tamper(...statements);
    return check().fault?.id;
  };
  assert.equal(faultAfter('DELETE FROM audit WHERE id = 5'), 5);
  assert.equal(faultAfter('DELETE FROM audit WHERE id <= 3'), 4);
  assert.equal(faultAfter('UPDATE audit SET id = id + 100 WHERE id = 6'), 6);
  assert.equal(
    faultAfter(
      'UPDATE audit SET id = -1 WHERE id = 4',
      'UPDATE audit SET id = 4 WHERE id = 5',
      'UPDATE audit SET id = 5 WHERE id = -1',
    ),
    4,
  );
  const names = ['id', ...hashedColumns.slice(1), 'hash', 'signature'];
  const copy = names.map((name) => (name === 'id' ? '12' : name));
  assert.equal(faultAfter(`INSERT INTO audit (${names}) SELECT ${copy} FROM audit WHERE id = 11`), 12);
});

test('several servers make one chain', () => {
  const logs = [start(), start(), start()];
  for (let i = 0; i < 60; i++) logs[i % 3]?.append(rowAt(i, { server_pid: i % 3 }));
  const { to, fault, signature } = check();
  assert.deepEqual([to, fault, signature], [63, undefined, 'ok']);
});

test('past its size the oldest rows go, and a signed row says so', () => {
  const limit = 400_000;
  const log = start(limit);
  for (let i = 0; i < 1500; i++)
    log.append(rowAt(i, { arguments: 'x'.repeat(400), client: `client-${Math.min(i, 5)}` }));
  const { from, to, complete, fault, signature } = check();
  assert.ok(from > 500 && to > 1500, `${from} to ${to}`);
  assert.deepEqual([complete, fault, signature], [true, undefined, 'ok']);
  assert.ok(reading(usedBytes) < limit * 1.2);
  log.close();
  assert.ok(statSync(path).size < limit * 1.5, `${statSync(path).size} bytes`);
  const detail = reading((database) =>
    database.prepare("SELECT detail FROM audit WHERE kind = 'pruned' ORDER BY id DESC LIMIT 1").get(),
  );
  const pruned = JSON.parse(String(detail?.detail));
  assert.equal(pruned.to, from - 1);
  // Who was known before is known still.
  assert.ok(pruned.clients.includes('client-0'), JSON.stringify(pruned.clients));
  tamper(`DELETE FROM audit WHERE id = ${from}`);
  assert.equal(check().fault?.id, from + 1);
});

test('a server notices that its rows were changed, removed, or moved away with their file', () => {
  const log = start();
  const details = () =>
    reading((database) => readAudit(database, { limit: 3 })).map(({ kind, detail }) => [kind, detail ?? '']);
  log.append(rowAt(0));
  tamper('DELETE FROM audit WHERE id = 2');
  log.append(rowAt(1));
  assert.deepEqual(
    details().map(([kind]) => kind),
    ['call', 'alert', 'opened'],
  );
  assert.match(String(details()[1]), /"vanished":\{"id":2/);
  copyFileSync(path, `${path}.old`);
  log.append(rowAt(2));
  renameSync(path, `${path}.away`);
  for (const companion of ['-wal', '-shm']) rmSync(path + companion, { force: true });
  log.append(rowAt(3));
  assert.deepEqual(
    details().map(([kind]) => kind),
    ['call', 'opened'],
  );
  assert.match(String(details()[1]), /"vanished":\{"id":4/);
  assert.equal(check().fault, undefined);
});

test('a log that cannot be written says so at each append, and works once it can', () => {
  const log = start();
  const code = (row: AuditRow): string => {
    try {
      log.append(row);
      return 'written';
    } catch (error) {
      return String(error);
    }
  };
  assert.equal(code(rowAt(0)), 'written');
  log.close();
  chmodSync(path, 0o644);
  assert.match(code(rowAt(1)), /cannot be written: others may use it, its mode is 644/);
  rmSync(path);
  writeFileSync(path, 'not a log', { mode: 0o600 });
  assert.match(code(rowAt(2)), /audit.db cannot be written: file is not a database/);
  rmSync(path);
  assert.equal(code(rowAt(3)), 'written');
  const holder = openOwn(path, { readOnly: false, timeout: 0 });
  holder.exec('BEGIN IMMEDIATE');
  const began = performance.now();
  assert.match(code(rowAt(4)), /database is locked/);
  assert.ok(performance.now() - began < 3000);
  holder.close();
  assert.equal(code(rowAt(5)), 'written');
  assert.equal(check().fault, undefined);
});

test('it can be opened before its first row, once, and says then when it cannot be written', () => {
  const log = start();
  for (let i = 0; i < 2; i++) log.open();
  assert.deepEqual(
    reading((database) => readAudit(database, { limit: 10 })).map(({ kind }) => kind),
    ['opened'],
  );
  writeFileSync(join(folder, 'file'), '');
  path = join(folder, 'file', 'audit.db');
  assert.throws(() => start().open(), /audit/);
});
