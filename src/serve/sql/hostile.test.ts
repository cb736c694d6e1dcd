// A corpus of hostile SQL: nothing is written, nothing is read that is not published, nothing outlives its limit, and the
// next query works.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, before, test } from 'node:test';
import { endlessSql, refusedSql } from '../../../test/hostile-sql.ts';
import { scene } from '../../../test/scene.ts';
import { UserError } from '../../base/errors.ts';
import { runQuery } from './query.ts';
import { runSql } from './run.ts';

const LIMIT = 0.1;
/** How much longer a query may live on a busy machine; `npm run bench -- sql` measures it. */
const SLACK_MS = 15_000;

const recording = scene();
const evil = `${recording.path}.evil`;
const digest = () => createHash('sha256').update(readFileSync(recording.path)).digest('hex');
let clean = '';

before(() => {
  const thread = { pid: 7, tid: 7, comm: 'python3' };
  recording.process(7, 'python3');
  recording.oneOfEach(thread);
  for (let i = 0; i < 2000; i++) recording.call(thread, 'cudaMalloc', i * 1000, 500, { args: { bytes: i } });
  recording.done();
  clean = digest();
});
after(recording.remove);

const request = (sql: string) => ({
  ...{ path: recording.path, sql: sql.replaceAll('EVIL', evil), offset: 0, limit: 100, maxBytes: 65_536 },
});
const untouched = (sql: string) => {
  assert.equal(digest(), clean, sql);
  assert.ok(!existsSync(evil), sql);
  assert.deepEqual(readdirSync(dirname(recording.path)), ['scene.db'], sql);
};

test(`the corpus has ${refusedSql.length + endlessSql.length} statements`, () => {
  assert.ok(new Set([...refusedSql, ...endlessSql]).size >= 150);
  assert.equal(new Set([...refusedSql, ...endlessSql]).size, refusedSql.length + endlessSql.length);
});

test('what writes, reaches outside or reads how rows are stored is refused', () => {
  for (const sql of refusedSql) {
    const shown = sql.slice(0, 100);
    const began = performance.now();
    assert.throws(
      () => runQuery(request(sql)),
      (thrown) => thrown instanceof UserError && thrown.parts.code.startsWith('sql_') && thrown.parts.todo !== '',
      shown,
    );
    assert.ok(performance.now() - began < SLACK_MS, `${shown} took ${performance.now() - began} ms`);
    untouched(shown);
  }
});

test('what would never end is ended in time, and the next query works', async () => {
  await runSql(request('SELECT 1'), 5);
  for (const sql of endlessSql) {
    const began = performance.now();
    const outcome = await runSql(request(sql), LIMIT).then(
      () => 'answered',
      (thrown) => (thrown instanceof UserError ? thrown.parts.code : String(thrown)),
    );
    const took = performance.now() - began;
    assert.ok(['answered', 'sql_timeout', 'sql_too_big'].includes(outcome), `${sql}: ${outcome}`);
    assert.ok(took < LIMIT * 1000 + SLACK_MS, `${sql} took ${took} ms`);
  }
  assert.deepEqual((await runSql(request('SELECT count(*) FROM calls'), 5)).rows, [[2000]]);
  untouched('all of them');
});
