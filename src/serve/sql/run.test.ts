// The query process against hostile SQL: nothing is written, nothing outlives its limits, and the next query works.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { scene } from '../../../test/scene.ts';
import { UserError } from '../../base/errors.ts';
import { runSql } from './run.ts';

const CALLS = 3000;
/** How much longer a query may live on a busy machine; `npm run bench -- sql` measures it. */
const SLACK_MS = 15_000;
const thread = { pid: 7, tid: 7, comm: 'python3' };
const recording = scene();
let before_: Buffer;

before(() => {
  recording.process(7, 'python3');
  for (let i = 0; i < CALLS; i++) recording.call(thread, 'cudaMalloc', i * 1000, 500, { args: { bytes: i } });
  recording.done();
  before_ = readFileSync(recording.path);
});
after(recording.remove);

type Limits = { limit?: number; offset?: number; maxBytes?: number; seconds?: number };
const query = (sql: string, { limit = 100, offset = 0, maxBytes = 65_536, seconds = 30 }: Limits = {}) =>
  runSql({ path: recording.path, sql, offset, limit, maxBytes }, seconds);

const codeOf = async (sql: string, limits?: Limits): Promise<string> => {
  try {
    await query(sql, limits);
    return 'no error';
  } catch (error) {
    if (error instanceof UserError) return error.parts.code;
    throw error;
  }
};

test('values: numbers, text, exact big integers, infinity, blobs by size, null', async () => {
  const { rows, columns } = await query(
    "select 1 a, 1.5 b, 'x' c, 9007199254740993 d, -9223372036854775807 e, 9e999 f, x'0001' g, null h, 9007199254740991 i",
  );
  assert.deepEqual(columns, [...'abcdefghi']);
  assert.deepEqual(rows, [
    [1, 1.5, 'x', '9007199254740993', '-9223372036854775807', 'Infinity', { blob_bytes: 2 }, null, 9007199254740991],
  ]);
});

test('pages: rows, the total, and the rest from an offset', async () => {
  const first = await query('select id from calls order by id', { limit: 2 });
  assert.deepEqual([first.rows, first.more, first.total], [[[1], [2]], true, CALLS]);
  const last = await query('select id from calls order by id', { limit: 2, offset: CALLS - 1 });
  assert.deepEqual([last.rows, last.more, last.total], [[[CALLS]], false, CALLS]);
});

test('an answer ends at its bytes; a single row that is too long is an error', async () => {
  const { rows, more } = await query("select id, printf('%.100c', 'x') from calls", { maxBytes: 1100 });
  assert.ok(more && rows.length > 5 && rows.length < 11, `${rows.length} rows`);
  assert.equal(await codeOf("select printf('%.1000c', 'x')", { maxBytes: 500 }), 'sql_too_big');
});

test('text of traced programs is cleaned', async () => {
  const { rows } = await query("select char(27) || '[2Jhello' || char(10) || char(8238) || 'x'");
  assert.deepEqual(rows, [['hello x']]);
});

test('what SQLite can do beyond reading is denied, however it is written', async () => {
  const target = `${recording.path}.evil`;
  for (const sql of [
    `ATTACH '${target}' AS x`,
    `/**/AtTaCh\t'${target}'\nas x`,
    `VACUUM INTO '${target}'`,
    'PRAGMA journal_mode = DELETE',
    'DELETE FROM call',
    'WITH x AS (SELECT 1) DELETE FROM call',
    'WITH x(a) AS (VALUES (1)) INSERT INTO call (id) SELECT a FROM x',
    'WITH x AS (SELECT 1) UPDATE call SET ret = 1',
    'CREATE TABLE t (a)',
    'DROP VIEW calls',
    'BEGIN IMMEDIATE',
    'EXPLAIN DELETE FROM call',
    "SELECT load_extension('/tmp/x.so')",
    'SELECT sqlite_log(1, 2)',
    'SELECT fts3_tokenizer(1)',
    "SELECT * FROM pragma_table_info('call')",
    'SELECT * FROM pragma_database_list',
    'SELECT randomblob(10)',
    'WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t) SELECT x FROM t',
  ])
    assert.equal(await codeOf(sql), 'sql_denied', sql);
  for (const sql of ["SELECT writefile('/tmp/x', 'y')", "SELECT readfile('/etc/passwd')", 'SELECT edit(1)'])
    assert.equal(await codeOf(sql), 'sql_failed', sql);
  assert.ok(!existsSync(target));
  assert.deepEqual(readFileSync(recording.path), before_, 'the recording is unchanged');
});

test('giants are refused, not built', async () => {
  for (const sql of [
    'SELECT zeroblob(1000000000)',
    "SELECT printf('%*c', 1000000000, 'x')",
    "SELECT replace(hex(zeroblob(100000)), '0', hex(zeroblob(100000)))",
    'SELECT group_concat(a.id || b.id) FROM calls a, calls b',
    'SELECT json_group_array(hex(zeroblob(1000))) FROM calls a, calls b',
  ])
    assert.equal(await codeOf(sql, { seconds: 60 }), 'sql_too_big', sql);
  assert.equal(await codeOf(`SELECT ${'('.repeat(5000)}1${')'.repeat(5000)}`), 'sql_failed');
  assert.equal(await codeOf(`SELECT '${'x'.repeat(30_000)}'`), 'sql_too_big');
});

test('a query that needs too much memory ends with an error, not with the machine', async () => {
  const sql = 'SELECT a.id, b.id, random() AS r, hex(zeroblob(200)) FROM calls a, calls b ORDER BY r';
  await assert.rejects(query(sql, { seconds: 60 }), /more than 384 MiB of memory/);
});

test('a query without end is killed on time, and the next one works', async () => {
  const start = performance.now();
  const endless = 'SELECT count(*) FROM calls a, calls b, calls c, calls d';
  assert.equal(await codeOf(endless, { seconds: 0.5 }), 'sql_timeout');
  assert.ok(performance.now() - start < 500 + SLACK_MS, `${performance.now() - start} ms`);
  assert.deepEqual((await query('SELECT count(*) FROM calls')).rows, [[CALLS]]);
});

test('a cancelled query ends at once', async () => {
  const controller = new AbortController();
  const request = {
    path: recording.path,
    sql: 'SELECT count(*) FROM calls a, calls b, calls c',
    offset: 0,
    limit: 1,
    maxBytes: 1000,
  };
  const running = runSql(request, 10, controller.signal);
  setTimeout(() => controller.abort(), 200);
  const start = performance.now();
  await assert.rejects(running, /cancelled/);
  assert.ok(performance.now() - start < 200 + SLACK_MS);
});

test('mistakes are explained', async () => {
  for (const [sql, hint] of [
    ['SELECT nope FROM calls', /no such column: nope; call describe_schema/],
    ['SELECT c.duraton_ns FROM calls c', /did you mean duration_ns\?/],
    ['SELECT * FROM wait', /did you mean waits\?/],
    ['SELECT * FROM off_cpu', /off_cpu is how rows are stored.*read the view waits/],
    ['SELECT medain(id) FROM calls', /did you mean median\?/],
    ['SELECT * FROM nope', /no such table: nope; call describe_schema/],
    ["SELECT 'abc", /unrecognized token/],
    ['SELECT 1 FROM', /incomplete input/],
    ['SELECT op FROM calls WHERE op = "cudaMalloc" AND nope2', /no such column/],
    ['SELECT abs()', /wrong number of arguments/],
  ] as const)
    await assert.rejects(query(sql), hint, sql);
});

test('many at once all get their answer', async () => {
  const answers = await Promise.all(Array.from({ length: 6 }, (_, i) => query(`SELECT ${i}`)));
  assert.deepEqual(
    answers.map(({ rows }) => rows[0]?.[0]),
    [0, 1, 2, 3, 4, 5],
  );
});

test('a missing file is said to be missing', async () => {
  const request = { path: '/nowhere/x.db', sql: 'SELECT 1', offset: 0, limit: 1, maxBytes: 1000 };
  await assert.rejects(runSql(request, 5), /cannot open \/nowhere\/x.db/);
});

test('a path with a * is refused: to the query process it would mean other files too', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-sql-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'a*.db');
  copyFileSync(recording.path, path);
  const code = await runSql({ path, sql: 'SELECT 1', offset: 0, limit: 1, maxBytes: 4096 }, 5).catch((thrown) =>
    thrown instanceof UserError ? thrown.parts.code : thrown,
  );
  assert.equal(code, 'sql_path');
});
