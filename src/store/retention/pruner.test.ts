// A recording that may keep only so much: what goes, what stays, what is said of it, and that all of it can be checked.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { CALLS_A_SECOND, longScene } from '../../../test/long-scene.ts';
import { ddl } from '../../catalogue/derive/ddl.ts';
import { readCoverage } from '../evidence/coverage.ts';
import { LASTING } from '../evidence/drop-seals.ts';
import { newKey } from '../evidence/key.ts';
import { verifyRecording } from '../evidence/verify.ts';
import { openEmpty } from '../open.ts';
import { openRecording } from '../open-recording.ts';
import { eventTables, nameTables } from './tables.ts';

const SECOND = 1e9;

const count = (database: DatabaseSync, sql: string): number => Number(database.prepare(sql).get()?.n);
/** Rows that refer to a row of names that is not there. */
const dangling = (database: DatabaseSync): number =>
  [
    'SELECT count(*) AS n FROM call c WHERE thread NOT IN (SELECT id FROM thread) OR args NOT IN (SELECT id FROM call_args)',
    'SELECT count(*) AS n FROM call WHERE taken IS NOT NULL AND taken NOT IN (SELECT id FROM taken_stack)',
    'SELECT count(*) AS n FROM off_cpu WHERE taken IS NOT NULL AND taken NOT IN (SELECT id FROM taken_stack)',
    'SELECT count(*) AS n FROM cpu_sample WHERE taken IS NOT NULL AND taken NOT IN (SELECT id FROM taken_stack)',
    'SELECT count(*) AS n FROM off_cpu WHERE thread NOT IN (SELECT id FROM thread) OR waker NOT IN (SELECT id FROM thread) OR site NOT IN (SELECT id FROM wait_site)',
    'SELECT count(*) AS n FROM taken_stack WHERE stack NOT IN (SELECT id FROM stack)',
    'SELECT count(*) AS n FROM stack_frame WHERE frame NOT IN (SELECT id FROM frame)',
    'SELECT count(*) AS n FROM run_slice WHERE thread NOT IN (SELECT id FROM thread)',
    'SELECT count(*) AS n FROM task WHERE thread NOT IN (SELECT id FROM thread)',
  ].reduce((sum, sql) => sum + count(database, sql), 0);

for (const key of [newKey(), undefined])
  test(`${key === undefined ? 'without seals' : 'sealed'}: what is too old goes, the rest is whole, and all of it is told`, () => {
    const recording = longScene(key, { ns: 10 * SECOND }, 60);
    const path = recording.done();
    const database = new DatabaseSync(path);
    const left = openRecording(path);
    try {
      const calls = count(database, 'SELECT count(*) AS n FROM call');
      assert.ok(calls >= 10 * CALLS_A_SECOND && calls <= 13 * CALLS_A_SECOND, `${calls} calls are left`);
      assert.equal(count(database, 'SELECT sum(count) AS n FROM total'), 60 * CALLS_A_SECOND, 'totals are of all');
      assert.equal(dangling(database), 0);
      assert.ok(count(database, 'SELECT count(*) AS n FROM thread') < 40, 'old threads have gone');
      assert.ok(count(database, 'SELECT count(*) AS n FROM stack') < 40, 'old stacks have gone');
      assert.ok(count(database, 'SELECT count(*) AS n FROM process') < 40, 'old processes have gone');
      const losses = new Map(left.losses({ start_ns: 0, end_ns: 100 }).map((loss) => [loss.reason, loss]));
      assert.equal(losses.get('call_pruned')?.count, 60 * CALLS_A_SECOND - calls);
      assert.match(losses.get('wait_pruned')?.detail ?? '', /off_cpu \d+, .*run_slice \d+/);
      assert.equal(losses.get('sample_pruned')?.count, 60 - count(database, 'SELECT count(*) AS n FROM cpu_sample'));
      assert.equal(losses.get('history_overwritten')?.count, 7, 'two old losses are one');
      assert.ok(left.window.start_ns >= 47 * SECOND && left.window.start_ns <= 50 * SECOND);
      assert.equal(left.losses(left.window)[0]?.reason !== undefined, true, 'all that is left touches what went');
      assert.deepEqual(left.losses({ start_ns: 55 * SECOND, end_ns: 56 * SECOND }), []);
      assert.equal(left.rowCounts().calls, calls);
    } finally {
      left.close();
      database.close();
      recording.remove();
    }
  });

test('a sealed recording is intact at every moment, also when its recorder is killed in between', () => {
  const key = newKey();
  const verdicts = new Set<string>();
  let seconds = 0;
  const recording = longScene(key, { ns: 8 * SECOND }, 40, (path) => {
    if (++seconds % 4 !== 0) return;
    const copy = `${path}.copy`;
    for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, copy + end);
    verdicts.add(verifyRecording(copy, { ownKey: key.fingerprint }).verdict);
  });
  try {
    const path = recording.done();
    // Until it ends, what changes until then is not sealed.
    assert.deepEqual([...verdicts], ['unsealed_rest']);
    const found = verifyRecording(path, { ownKey: key.fingerprint });
    assert.deepEqual([found.verdict, found.findings], ['intact', []]);
    assert.ok(found.seals < 50, `${found.seals} seals are left`);
    assert.ok(found.pruned_rows > 0 && found.pruned.length === 2);
    const first = found.pruned[0];
    assert.match(first?.why ?? '', /^to keep at most 8 s$/);
  } finally {
    recording.remove();
  }
});

test('whoever has no key can take nothing more away, nor put anything in its place', () => {
  const key = newKey();
  const recording = longScene(key, { ns: 8 * SECOND }, 40);
  const path = recording.done();
  const after = (sql: string, anchor?: { id: number; hash: string }) => {
    const copy = `${path}.changed`;
    copyFileSync(path, copy);
    const database = new DatabaseSync(copy);
    database.exec(sql);
    database.close();
    const { verdict, findings } = verifyRecording(copy, { ownKey: key.fingerprint, anchor });
    return verdict === 'intact' ? 'intact' : findings[0]?.kind;
  };
  const last = "(SELECT max(id) FROM evidence_chain WHERE kind = 'pruned')";
  try {
    assert.equal(after('DELETE FROM call WHERE id = (SELECT min(id) FROM call)'), 'row_removed');
    assert.equal(after('INSERT INTO moment (id, time_ns, kind) VALUES (1, 5, 1)'), 'row_inserted');
    assert.equal(
      after(
        'INSERT INTO call SELECT 5, start_ns, duration_ns, thread, op, depth, ret, args, ptr, taken FROM call LIMIT 1',
      ),
      'row_inserted',
    );
    assert.equal(after(`DELETE FROM evidence_chain WHERE id = ${last}`), 'seal_removed');
    assert.equal(
      after(`UPDATE evidence_chain SET detail = replace(detail, 'rows ', 'rows 1') WHERE id = ${last}`),
      'seal_changed',
    );
    assert.equal(
      after('DELETE FROM evidence_chain WHERE id > 1 AND id < 12'),
      'seal_removed',
      'one that vouches for a library stays',
    );
    assert.equal(
      after('DELETE FROM evidence_chain WHERE id = (SELECT max(id) - 3 FROM evidence_chain)'),
      'seal_removed',
    );
    assert.equal(after('DELETE FROM library'), 'row_removed');
    assert.equal(after('', { id: 3, hash: 'a'.repeat(64) }), 'anchor_pruned');
  } finally {
    recording.remove();
  }
});

test('a file that may have so many bytes never has more, however long it is written', () => {
  const bytes = 2e6;
  const recording = longScene(newKey(), { bytes }, 150);
  try {
    const path = recording.done();
    // It never gets smaller: what it has in the end is the most that it ever had.
    const most = statSync(path).size;
    assert.ok(most <= bytes, `${most} bytes`);
    assert.ok(most > bytes / 2, `and it is used: ${most} bytes`);
    const database = new DatabaseSync(path, { readOnly: true });
    assert.equal(dangling(database), 0);
    database.close();
  } finally {
    recording.remove();
  }
});

test('each table to which rows are added is one whose rows go, or one whose seals stay', () => {
  const database = openEmpty();
  for (const statement of ddl()) database.exec(statement);
  const growing = readCoverage(database)
    .filter(({ sealed }) => sealed === 'growing')
    .map(({ table }) => table);
  database.close();
  assert.deepEqual(growing.toSorted(), [...Object.keys(eventTables), ...nameTables, ...LASTING].toSorted());
});

for (const lasted of [5, 38])
  test(`a wait of ${lasted} s names no stack that has gone: it is written anew, or missing and told`, () => {
    const thread = { pid: 7, tid: 7, comm: 'python3' };
    const began: { readonly end: number; readonly taken: number | null }[] = [];
    let seconds = 0;
    const recording = longScene(undefined, { ns: 8 * SECOND }, 60, (_path, { wait, takeWait }) => {
      seconds++;
      for (const { taken } of began.filter(({ end }) => end === seconds))
        wait(thread, (seconds - lasted) * SECOND + 900_000_000, lasted * SECOND - 950_000_000, { taken });
      began.push({ end: seconds + lasted, taken: takeWait(7, ['f', `w${seconds}`]) });
    });
    const path = recording.done();
    const database = new DatabaseSync(path);
    try {
      assert.equal(dangling(database), 0);
      const stacks = count(
        database,
        `SELECT count(*) AS n FROM off_cpu o JOIN taken_stack t ON t.id = o.taken JOIN stack_frame f ON f.stack = t.stack JOIN frame n ON n.id = f.frame
         WHERE o.blocked_ns >= 4e9 AND f.position = 1 AND n.name = 'w' || (o.start_ns / 1000000000 + 1)`,
      );
      const waits = count(database, 'SELECT count(*) AS n FROM off_cpu WHERE blocked_ns >= 4e9');
      assert.ok(waits >= 8, `${waits} waits`);
      const told = count(database, "SELECT coalesce(sum(count), 0) AS n FROM loss WHERE reason = 'stack_pruned'");
      assert.deepEqual(
        [stacks === 0 ? 0 : waits, told > 0],
        [stacks, lasted === 38],
        `${stacks} of ${waits}, ${told} told`,
      );
    } finally {
      database.close();
      recording.remove();
    }
  });

test('more than one step of lives, processes and seconds goes as well', () => {
  let seconds = 0;
  const recording = longScene(undefined, { ns: 8 * SECOND }, 40, (_path, { writer, process: born, life }) => {
    if (++seconds !== 1) return;
    for (let i = 0; i < 2500; i++) {
      life({ pid: 5000 + i, tid: 5000 + i, comm: 'many' }, 5, 6);
      born(5000 + i, 'many');
      writer.updateProcess(5000 + i, { end_ns: 6 });
      writer.totals.add(10_000 + i, 1, 1.5 * SECOND, 10, false);
    }
  });
  const database = new DatabaseSync(recording.done());
  try {
    for (const sql of [
      "SELECT count(*) AS n FROM process WHERE comm = 'many'",
      'SELECT count(*) AS n FROM task WHERE end_ns = 6',
      'SELECT count(*) AS n FROM second WHERE second < 20',
    ])
      assert.equal(count(database, sql), 0, sql);
    assert.equal(count(database, 'SELECT count(*) AS n FROM total WHERE pid >= 10000'), 2500);
  } finally {
    database.close();
    recording.remove();
  }
});
