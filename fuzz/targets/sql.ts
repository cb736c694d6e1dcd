// SQL of strangers: a statement reads what is published or is refused; it changes nothing and writes nowhere.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { runQuery } from '../../src/serve/sql/query.ts';
import { refusedSql } from '../../test/hostile-sql.ts';
import { scene } from '../../test/scene.ts';
import { holds, refusing, type Target } from '../target.ts';

/** Rows and bytes that an answer may have. */
const LIMIT = 50;
const MOST_BYTES = 16_384;

const name = fc.constantFrom(
  ...['calls', 'waits', 'call', 'thread', 'sqlite_schema', 'pragma_table_info', 'meta_op', 'json_each', 'x', 'EVIL'],
);
const column = fc.constantFrom('id', 'pid', 'op', 'comm', 'duration_ns', '*', 'rowid', 'histogram', "'a'", '1', 'NULL');
const call = fc.constantFrom(
  ...[
    'count',
    'hex',
    'load_extension',
    'writefile',
    'randomblob',
    'percentile',
    'printf',
    'group_concat',
    'json',
    'abs',
  ],
);
const value = fc.oneof(
  column,
  fc.tuple(call, column).map(([made, given]) => `${made}(${given})`),
  fc.integer().map(String),
  fc.string({ maxLength: 8 }).map((text) => `'${text.replaceAll("'", "''")}'`),
);
const select = fc.letrec<{ select: string }>((tie) => ({
  select: fc.oneof(
    { depthSize: 'small' },
    fc
      .tuple(fc.array(value, { minLength: 1, maxLength: 3 }), name, value)
      .map(([values, from, other]) => `SELECT ${values.join(', ')} FROM ${from} WHERE ${other} LIMIT 9`),
    fc.tuple(tie('select'), name).map(([inner, alias]) => `SELECT * FROM (${inner}) AS ${alias}`),
    fc.tuple(name, tie('select')).map(([made, inner]) => `WITH ${made} AS (${inner}) SELECT * FROM ${made}`),
    fc.tuple(tie('select'), tie('select')).map((both) => both.join(' UNION ')),
  ),
})).select;
const statement = fc.oneof(
  select,
  fc.constantFrom(...refusedSql),
  fc.tuple(select, fc.constantFrom(...refusedSql)).map(([first, second]) => `${first}; ${second}`),
  fc
    .tuple(fc.constantFrom('PRAGMA', 'EXPLAIN', 'ATTACH', 'CREATE TABLE a AS', 'EXPLAIN QUERY PLAN'), select)
    .map((both) => both.join(' ')),
);

export const sql: Target = {
  name: 'sql',
  doc: 'SQL of strangers',
  open: () => {
    const recording = scene();
    recording.process(7, 'python3');
    recording.oneOfEach({ pid: 7, tid: 7, comm: 'python3' });
    for (let i = 0; i < 50; i++) recording.call({ pid: 7, tid: 7, comm: 'python3' }, 'cudaMalloc', i * 1000, 500);
    const path = recording.done();
    const evil = `${path}.evil`;
    const digest = () => createHash('sha256').update(readFileSync(path)).digest('hex');
    const clean = digest();
    const ask = (text: string) =>
      refusing(() => runQuery({ path, sql: text, offset: 0, limit: LIMIT, maxBytes: MOST_BYTES }));
    return {
      sound: () => {
        holds('a view', (ask("SELECT id FROM calls WHERE op = 'cudaMalloc' LIMIT 9")?.rows.length ?? 0) === 9);
        for (const hidden of ['call', 'sqlite_schema', "pragma_table_info('calls')"])
          holds(`${hidden} is not published`, ask(`SELECT * FROM ${hidden}`) === undefined);
      },
      seeds: refusedSql.map((text) => Buffer.from(text)),
      made: statement,
      check: (input) => {
        const text = input.toString('utf8').replaceAll('EVIL', evil);
        const page = ask(text);
        if ((page?.rows.length ?? 0) > LIMIT) throw new Error(`${page?.rows.length} rows`);
        if (existsSync(evil) || readdirSync(dirname(path)).length !== 1) throw new Error('a file was written');
        if (digest() !== clean) throw new Error('the recording was changed');
      },
      close: recording.remove,
    };
  },
};
