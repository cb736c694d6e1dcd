import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { newKey } from './evidence/key.ts';
import { verifyRecording } from './evidence/verify.ts';
import { draftOf } from './open.ts';
import { openRecording } from './open-recording.ts';
import { prepareOutput, putBack } from './prepare-output.ts';
import { RecordingWriter } from './writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'whytrace-begin-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const facts = { recorder_pid: 0, host: 'scene' };

test('a file has its name only with all that it begins with, and nothing else is left', () => {
  const path = join(folder, 'a.db');
  const key = newKey();
  new RecordingWriter(path, facts, key).abandon();
  assert.deepEqual(
    readdirSync(folder).filter((name) => !/^a\.db(-wal|-shm)?$/.test(name)),
    [],
  );
  const { verdict, state, seals } = verifyRecording(path, { ownKey: key.fingerprint });
  assert.deepEqual([verdict, state, seals], ['unsealed_rest', 'cut', 1]);
  const recording = openRecording(path);
  assert.deepEqual(
    recording.losses(recording.window).map(({ reason }) => reason),
    ['cut_short'],
  );
  recording.close();
  assert.throws(() => new RecordingWriter(path, facts, key), /another recording into it has just begun/);
  assert.equal(verifyRecording(path, { ownKey: key.fingerprint }).seals, 1, 'the first one is as it was');
});

test('the log of a removed recording is not taken for one of the new', () => {
  const path = join(folder, 'b.db');
  const first = new RecordingWriter(path, facts);
  first.setFact('of', 'the first');
  first.commit(1);
  // As a kill leaves them: the file goes, its log stays.
  renameSync(`${path}-wal`, `${path}.kept`);
  first.abandon();
  rmSync(path);
  renameSync(`${path}.kept`, `${path}-wal`);
  const second = new RecordingWriter(path, facts);
  second.close(2);
  const recording = openRecording(path);
  assert.equal(recording.facts.get('of'), undefined);
  assert.equal(recording.state, 'complete');
  recording.close();
});

test('a file that is removed or replaced ends the recording at its next commit', () => {
  for (const other of [undefined, 'mine\n']) {
    const path = join(folder, 'c.db');
    const writer = new RecordingWriter(path, facts);
    writer.commit(1);
    rmSync(path);
    if (other !== undefined) writeFileSync(path, other);
    assert.throws(() => writer.commit(2), /the file was removed or replaced while it was being written/);
    writer.abandon();
    rmSync(path, { force: true });
  }
});

test('drafts of dead recorders are swept, and an older recording goes back where none is begun', () => {
  const path = join(folder, 'd.db');
  new RecordingWriter(path, facts).close(1);
  writeFileSync(draftOf(path, 4_194_304), 'half');
  writeFileSync(draftOf(path, process.pid), 'of one that lives');
  const { kept } = prepareOutput(path);
  const left = () => readdirSync(folder).filter((name) => name.startsWith('d.db'));
  assert.deepEqual(left().sort(), [`d.db.${process.pid}.new`, 'd.db.old'].sort());
  putBack(path, kept);
  assert.deepEqual(left().sort(), [`d.db.${process.pid}.new`, 'd.db'].sort());
  openRecording(path).close();
});
