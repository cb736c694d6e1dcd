// The SQL sandbox against the corpus of hostile statements: how long they outlive their limit, how soon the next query is
// answered, and whether a byte of the recording changed.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { UserError } from '../src/base/errors.ts';
import { runSql } from '../src/serve/sql/run.ts';
import { endlessSql, refusedSql } from '../test/hostile-sql.ts';
import { scene } from '../test/scene.ts';
import { type Bench, figureOf } from './figure.ts';

const LIMIT = 0.5;
/** Time between two questions of a client. */
const PAUSE_MS = 300;

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

export const sql: Bench = {
  name: 'sql',
  doc: 'hostile SQL: what outlives its limit, and how soon the next query is answered',
  run: async () => {
    const recording = scene();
    try {
      const thread = { pid: 7, tid: 7, comm: 'python3' };
      for (let i = 0; i < 3000; i++) recording.call(thread, 'cudaMalloc', i * 1000, 500, { args: { bytes: i } });
      recording.done();
      const digest = () => createHash('sha256').update(readFileSync(recording.path)).digest('hex');
      const before = digest();
      const ask = async (statement: string) => {
        const text = statement.replaceAll('EVIL', `${recording.path}.evil`);
        const request = { path: recording.path, sql: text, offset: 0, limit: 100, maxBytes: 65_536 };
        const began = performance.now();
        const code = await runSql(request, LIMIT).then(
          () => 'answered',
          (thrown) => {
            if (thrown instanceof UserError) return thrown.parts.code;
            throw thrown;
          },
        );
        return { code, took: performance.now() - began };
      };
      await ask('SELECT 1');
      const over: number[] = [];
      const next: number[] = [];
      let ran = 0;
      for (const statement of [...endlessSql, ...refusedSql]) {
        await pause();
        const { code, took } = await ask(statement);
        if (code === 'answered' && refusedSql.includes(statement)) ran++;
        over.push(Math.max(0, took - LIMIT * 1000));
        if (!endlessSql.includes(statement)) continue;
        next.push((await ask('SELECT count(*) FROM calls')).took);
      }
      const context = { statements: endlessSql.length + refusedSql.length };
      const changed = digest() === before ? 0 : 1;
      return [
        figureOf('hostile_sql_outlives_limit', 'ms', { atMost: 100 }, [Math.max(...over)], context),
        figureOf('hostile_sql_next_answer', 'ms', { atMost: 100 }, next, { worst: Math.round(Math.max(...next)) }),
        figureOf('hostile_sql_not_refused', 'statements', { atMost: 0 }, [ran], context),
        figureOf('hostile_sql_changed_files', 'files', { atMost: 0 }, [changed], context),
      ];
    } finally {
      recording.remove();
    }
  },
};
