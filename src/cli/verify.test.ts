// `whytrace verify` as a user runs it: its words, its exit codes, heads that are kept elsewhere.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { sealedScene } from '../../test/sealed.ts';
import { openEvidenceKey } from '../store/evidence/key.ts';
import { whytrace } from './run-for-test.ts';

const state = mkdtempSync(join(tmpdir(), 'whytrace-verify-'));
const key = openEvidenceKey(join(state, 'whytrace'));
const recording = sealedScene(key, 300);
before(recording.done);
after(() => {
  recording.remove();
  rmSync(state, { recursive: true, force: true });
});

const verify = (...args: readonly string[]) =>
  whytrace(['verify', recording.path, ...args], { env: { XDG_STATE_HOME: state } });

test('an untouched recording is intact to who has the key, and to who kept its head', async () => {
  const { code, out } = await verify();
  assert.equal(code, 0, out);
  assert.match(
    out,
    /: intact: every row is as it was written\n.* rows checked, 4 seals, the last at [\d.]+ s\n {2}signed by SHA256:/,
  );
  const heads = join(state, 'heads');
  const head = await verify('--print-head');
  assert.deepEqual([head.code, head.out.split(' ')[0]], [0, 'whytrace-head']);
  writeFileSync(heads, `something older\n${head.out}`);
  const elsewhere = { env: { XDG_STATE_HOME: join(state, 'elsewhere') } };
  assert.equal((await whytrace(['verify', recording.path], elsewhere)).code, 1);
  assert.equal((await whytrace(['verify', recording.path, '--anchor', heads], elsewhere)).code, 0);
  assert.equal((await whytrace(['verify', recording.path, '--key', key.publicKey], elsewhere)).code, 0);
  const printed = await whytrace(['verify', '--print-key'], { env: { XDG_STATE_HOME: state } });
  assert.equal(printed.out, `${key.publicKey}\n`);
});

test('what was changed is named; wrong usage is told from it by the exit code', async () => {
  const database = new DatabaseSync(recording.path);
  database.exec("UPDATE process SET comm = 'innocent' WHERE id = 1; DELETE FROM call WHERE id = 7");
  database.close();
  const { code, out } = await verify();
  assert.equal(code, 1);
  assert.match(out, /: CHANGED\n/);
  assert.match(out, / {2}call row 7 \(seal 2\): a row was removed\n/);
  assert.match(out, / {2}process rows 1 to 2 \(seal 4\): a row was changed/);
  const { verdict, findings } = JSON.parse((await verify('--json')).out);
  assert.deepEqual([verdict, findings.length], ['changed', 2]);
  const usage = await verify('--anchor', 'no head');
  assert.deepEqual([usage.code, usage.out], [2, '']);
  assert.match(usage.err, /bad value 'no head' for --anchor/);
});
