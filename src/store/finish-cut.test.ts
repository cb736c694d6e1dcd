import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { longScene } from '../../test/long-scene.ts';
import { sealedScene } from '../../test/sealed.ts';
import { newKey } from './evidence/key.ts';
import { verifyRecording } from './evidence/verify.ts';
import { finishCut } from './finish-cut.ts';
import { openRecording } from './open-recording.ts';

/** A recording of three seconds whose recorder was killed after its last commit. */
const cut = (key: ReturnType<typeof newKey> | undefined) => {
  const recording = sealedScene(key);
  recording.writer.commit(3e9);
  recording.writer.abandon();
  return recording;
};

test('a recording that was cut is finished: one file, sealed to its end, and said to be so', () => {
  const key = newKey();
  const { path, remove } = cut(key);
  const verify = () => verifyRecording(path, { ownKey: key.fingerprint });
  try {
    assert.equal(verify().verdict, 'unsealed_rest');
    assert.throws(() => finishCut(path, newKey(), 1n), /sealed with a key that is not here/);
    assert.equal(verify().verdict, 'unsealed_rest', 'a refusal changes nothing');
    finishCut(path, key, 1_700_000_000_000_000_000n);
    const { verdict, state, sealed_afterwards, unsealed, findings } = verify();
    assert.deepEqual([verdict, state, sealed_afterwards, unsealed, findings], ['intact', 'cut', true, [], []]);
    assert.ok(!existsSync(`${path}-wal`), 'one file');
    const recording = openRecording(path);
    assert.equal(recording.state, 'cut');
    assert.deepEqual(
      recording.losses(recording.window).filter(({ reason }) => reason === 'cut_short').length,
      1,
      'that it was cut is still stated',
    );
    assert.equal(recording.facts.get('finished_unix_ns'), '1700000000000000000');
    recording.close();
    assert.throws(() => finishCut(path, key, 1n), /it was finished before/);
  } finally {
    remove();
  }
});

test('rows that were changed before it was finished are found afterwards', () => {
  const key = newKey();
  const { path, remove } = cut(key);
  try {
    const database = new DatabaseSync(path);
    database.exec('UPDATE call SET duration_ns = 1 WHERE id = 300');
    database.close();
    finishCut(path, key, 1n);
    const { verdict, findings } = verifyRecording(path, { ownKey: key.fingerprint });
    assert.equal(verdict, 'changed');
    assert.deepEqual(
      findings.map(({ kind, table }) => [kind, table]),
      [['row_changed', 'call']],
    );
  } finally {
    remove();
  }
});

test('one that was closed is not finished again; one without seals becomes one file', () => {
  const closed = sealedScene(newKey());
  assert.throws(() => finishCut(closed.done(), newKey(), 1n), /closed by its recorder/);
  closed.remove();
  const { path, remove } = cut(undefined);
  finishCut(path, newKey(), 1n);
  assert.equal(verifyRecording(path).verdict, 'not_sealed');
  assert.ok(!existsSync(`${path}-wal`));
  remove();
});

test('one whose first rows had gone is finished, whatever an early seal says that stayed for other rows', () => {
  const key = newKey();
  let seconds = 0;
  const recording = longScene(key, { ns: 8e9 }, 40, (_path, { writer }) => {
    // Into the stretch that the seal of the library vouches for too, later on, and never sealed.
    if ([1, 20, 40].includes(++seconds))
      for (let i = 0; i < (seconds === 20 ? 1000 : 1); i++)
        writer.waits.moment({ time: seconds * 1e9, thread: 1, kind: 1, value: 1, detail: 0, by: null });
  });
  try {
    recording.writer.commit(40e9 + 1);
    recording.writer.abandon();
    finishCut(recording.path, key, 1n);
    const { verdict, findings } = verifyRecording(recording.path, { ownKey: key.fingerprint });
    assert.deepEqual([verdict, findings], ['intact', []]);
  } finally {
    recording.remove();
  }
});
