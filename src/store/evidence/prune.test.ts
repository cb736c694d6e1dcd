import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { sealedScene } from '../../../test/sealed.ts';
import { newKey } from './key.ts';
import { pruneSealed } from './prune.ts';
import { verifyRecording } from './verify.ts';

test('pruned rows leave a tombstone: the rest is intact, and more missing rows are found', () => {
  const key = newKey();
  const recording = sealedScene(key);
  const path = recording.done();
  const database = new DatabaseSync(path);
  const verify = () => verifyRecording(path, { ownKey: key.fingerprint });
  const pruning = { until: 2, tables: ['call', 'run_slice'], why: 'older than\na day', now: 5e9 };
  try {
    assert.throws(() => pruneSealed(database, newKey(), pruning), /another key/);
    for (const table of ['process', 'thread', 'nothing'])
      assert.throws(() => pruneSealed(database, key, { ...pruning, tables: ['call', table] }), /are not pruned/);
    assert.equal(verify().verdict, 'intact', 'a refused pruning changes nothing');

    const removed = pruneSealed(database, key, pruning);
    const left = Number(database.prepare('SELECT count(*) AS n FROM call').get()?.n);
    assert.equal(left, 500);
    assert.equal(removed, 480);
    const { verdict, pruned, seals } = verify();
    assert.deepEqual([verdict, seals], ['intact', 5]);
    assert.deepEqual(pruned, [{ until: 2, tables: ['call', 'run_slice'], why: 'older than a day' }]);

    database.exec('DELETE FROM off_cpu WHERE id = 1');
    assert.deepEqual(
      verify().findings.map(({ kind, table }) => [kind, table]),
      [['row_removed', 'off_cpu']],
    );
    database.exec(
      'INSERT INTO call SELECT 3, start_ns, duration_ns, thread, op, depth, ret, args, ptr, taken FROM call LIMIT 1',
    );
    assert.ok(verify().findings.some(({ kind, row }) => kind === 'row_inserted' && row === 3));
    database.exec('DELETE FROM evidence_chain WHERE id = 5');
    assert.ok(verify().findings.some(({ kind, row }) => kind === 'row_removed' && row === 1));
  } finally {
    database.close();
    recording.remove();
  }
});
