// What verify finds, and where it says that it is.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { mutate, randomFrom } from '../../../test/mutate.ts';
import { sealedScene } from '../../../test/sealed.ts';
import { UserError } from '../../base/errors.ts';
import { parseHead } from './head.ts';
import { newKey } from './key.ts';
import { headOf, type VerifyOptions, verifyRecording } from './verify.ts';

/** Mutations in a normal run; WHYTRACE_MUTATIONS=1000 for the whole measure. */
const MUTATIONS = Number(process.env.WHYTRACE_MUTATIONS ?? 40);

const key = newKey();
const folder = mkdtempSync(join(tmpdir(), 'whytrace-verify-'));
const path = join(folder, 'r.db');
let bytes = Buffer.alloc(0);
const whole = () => writeFileSync(path, bytes);

before(() => {
  const recording = sealedScene(key);
  bytes = readFileSync(recording.done());
  recording.remove();
});
after(() => rmSync(folder, { recursive: true, force: true }));

const verify = (options: VerifyOptions = {}) => verifyRecording(path, { ownKey: key.fingerprint, ...options });
/** What is found after some SQL was run on the recording. */
const after_ = (sql: string, options: VerifyOptions = {}) => {
  whole();
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
  return verify(options);
};
const first = (sql: string) => after_(sql).findings[0];

test('what was not touched is intact, to whoever knows the key or the head', () => {
  whole();
  const { verdict, rows, seals, key_is, head, state } = verify();
  assert.deepEqual([verdict, state, key_is, seals], ['intact', 'complete', 'own', 4]);
  assert.ok(rows > 2000, `${rows} rows`);
  assert.equal(headOf(path), head);
  assert.equal(verifyRecording(path).verdict, 'unknown_key');
  assert.equal(verifyRecording(path, { key: key.fingerprint }).key_is, 'given');
  const anchor = parseHead(head ?? '');
  assert.equal(verifyRecording(path, { anchor }).verdict, 'intact');
  assert.equal(
    verifyRecording(path, { anchor: { id: 1, hash: anchor?.hash ?? '' } }).findings[0]?.kind,
    'anchor_missing',
  );
  assert.equal(verifyRecording(path, { key: newKey().fingerprint }).findings[0]?.kind, 'other_key');
  assert.equal(after_('VACUUM').verdict, 'intact', 'a copy of the same rows is the same recording');
});

test('it says which rows of which table of which seal are wrong', () => {
  assert.deepEqual(first('UPDATE call SET duration_ns = 1 WHERE id = 300'), {
    ...{ kind: 'row_changed', table: 'call', seal: 2, first: 257, last: 400, row: undefined },
  });
  assert.deepEqual(first('DELETE FROM call WHERE id = 500'), {
    ...{ kind: 'row_removed', table: 'call', seal: 3, first: 401, last: 656, row: 500 },
  });
  assert.deepEqual(first('DELETE FROM call WHERE id BETWEEN 257 AND 400'), {
    ...{ kind: 'row_removed', table: 'call', seal: 2, first: 257, row: 257 },
  });
  const copied = 'start_ns, duration_ns, thread, op, depth, ret, args, ptr, taken FROM call WHERE id = 1';
  assert.deepEqual(first(`INSERT INTO call SELECT 901, ${copied}`), {
    ...{ kind: 'row_inserted', table: 'call', first: 901, row: 901 },
  });
  assert.equal(first(`INSERT INTO call SELECT -5, ${copied}`)?.row, -5);
  const swap =
    'UPDATE call SET id = -1 WHERE id = 5; UPDATE call SET id = 5 WHERE id = 9; UPDATE call SET id = 9 WHERE id = -1';
  assert.deepEqual([first(swap)?.kind, first(swap)?.last], ['row_changed', 256]);
  assert.deepEqual(first("UPDATE process SET comm = 'innocent' WHERE pid = 8"), {
    ...{ kind: 'row_changed', table: 'process', seal: 4, first: 1, last: 2, row: undefined },
  });
  assert.equal(first("UPDATE meta_op SET name = 'x' WHERE id = 1")?.table, 'meta_op');
  assert.equal(first("UPDATE frame SET name = CAST(x'ff' AS TEXT) WHERE id = 1")?.table, 'frame');
});

test('changed tables, views and seals are named', () => {
  assert.deepEqual(first('DROP VIEW losses'), { kind: 'schema_removed', table: 'view losses', seal: 1 });
  assert.deepEqual(first('DROP TABLE scope'), { kind: 'schema_removed', table: 'table scope', seal: 1 });
  assert.deepEqual(first('CREATE TABLE x (a)'), { kind: 'schema_added', table: 'table x', seal: 1 });
  assert.equal(first('ALTER TABLE call ADD COLUMN x')?.kind, 'schema_changed');
  assert.deepEqual(first('UPDATE evidence_chain SET time_ns = 1 WHERE id = 3'), { kind: 'seal_changed', seal: 3 });
  assert.deepEqual(first('DELETE FROM evidence_chain WHERE id = 3'), { kind: 'seal_removed', seal: 3 });
  assert.deepEqual(first('DELETE FROM evidence_chain WHERE id = 4'), { kind: 'end_removed' });
  assert.deepEqual(first('DELETE FROM evidence_chain'), { kind: 'seal_removed', seal: 1 });
  const rolledBack = `DELETE FROM evidence_chain WHERE id = 4; UPDATE recording SET value = 'recording' WHERE key = 'state'`;
  assert.equal(after_(rolledBack).verdict, 'unsealed_rest');
});

test('a recording without seals says so; one that grows or was killed is sealed up to a row', () => {
  const plain = sealedScene(undefined, 50);
  assert.equal(verifyRecording(plain.done()).verdict, 'not_sealed');
  plain.remove();
  const growing = sealedScene(key, 900);
  for (const companion of ['', '-wal']) copyFileSync(growing.path + companion, path + companion);
  growing.remove();
  const { verdict, unsealed, findings, sealed_until_ns } = verify();
  assert.deepEqual([verdict, findings], ['unsealed_rest', []]);
  assert.ok((sealed_until_ns ?? 0) > 2e9);
  assert.deepEqual(
    unsealed.find(({ table }) => table === 'call'),
    { table: 'call', from: 701 },
  );
  assert.deepEqual(
    unsealed.find(({ table }) => table === 'total'),
    { table: 'total', from: null },
  );
  for (const companion of ['-wal', '-shm']) rmSync(path + companion, { force: true });
});

test('a file of nonsense is no recording or damaged, whatever stands in it', () => {
  const random = randomFrom(7);
  for (let i = 0; i < 20; i++) {
    const broken = Buffer.from(bytes);
    for (let n = 0; n < 200; n++) broken[100 + Math.floor(random() * (broken.length - 100))] = random() * 256;
    writeFileSync(path, broken);
    try {
      assert.equal(verify().verdict, 'changed');
    } catch (thrown) {
      if (!(thrown instanceof UserError)) throw thrown;
    }
  }
});

test(`each of ${MUTATIONS} random single mutations is found`, () => {
  const random = randomFrom(19);
  const unseen: string[] = [];
  const recording = sealedScene(key, 200);
  const small = readFileSync(recording.done());
  recording.remove();
  for (let i = 0; i < MUTATIONS; i++) {
    const change = mutate(path, random, () => writeFileSync(path, small));
    try {
      if (verify().verdict === 'intact') unseen.push(change);
    } catch (thrown) {
      // A file that is no recording any more is told as such.
      if (!(thrown instanceof UserError)) throw thrown;
    }
  }
  assert.deepEqual(unseen, []);
});
