// Views about from where in the code: the frames of stacks, and what has a stack.
import { field } from '../field.ts';
import { view } from '../table.ts';
import { who } from './who.ts';

/** The stack of a row that has a column `taken`. A subquery for each row, so that a query that does not want it pays nothing. */
export const STACK_OF = (row: string): string => `(SELECT k.stack FROM taken_stack k WHERE k.id = ${row}.taken)`;
/** How many rows like it the stack of a row stands for. */
export const WEIGHT_OF = (row: string): string => `(SELECT k.weight FROM taken_stack k WHERE k.id = ${row}.taken)`;

export const stackViews = {
  stacks: view({
    name: 'stacks',
    doc: 'frames of stacks: of slow and sampled calls, long waits and CPU samples',
    columns: [
      field('stack', 'ref', 'id of the stack, as in calls.stack, waits.stack and cpu_samples.stack'),
      field('position', 'number', '0 is the innermost: of a call its caller'),
      field('name', 'untrusted_text', 'function, or module+offset'),
      field('module', 'untrusted_text', 'file the code is in, null for Python'),
      field('path', 'untrusted_text', 'its path'),
      field('offset', 'number', 'bytes from the start of the function or file'),
      field('kind', 'text', 'native, python, kernel or jit'),
      field('file', 'untrusted_text', 'source file'),
      field('line', 'number', 'line of it that was executed'),
      field('complete', 'boolean', '1 when the outermost frame of the stack was reached'),
    ],
    sql: `SELECT s.stack, s.position, coalesce(f.name, f.module || printf('+0x%x', f.offset)) AS name, f.module, f.path, f.offset,
      f.kind, f.file, f.line, d.complete
      FROM stack_frame s JOIN frame f ON f.id = s.frame JOIN stack d ON d.id = s.stack`,
    examples: [
      {
        question: 'From which functions do the longest calls come?',
        sql: `SELECT c.op, c.duration_ns, group_concat(s.name, ' < ') AS stack FROM
      (SELECT id, op, duration_ns, stack FROM calls WHERE stack IS NOT NULL ORDER BY duration_ns DESC LIMIT 5) c
      JOIN stacks s ON s.stack = c.stack GROUP BY c.id`,
      },
      {
        question: 'From which lines of Python do the long waits come?',
        sql: `SELECT w.kind, s.name, s.file, s.line, count(*) AS n, sum(w.duration_ns) / 1e6 AS ms FROM waits w
      JOIN stacks s ON s.stack = w.stack AND s.kind = 'python'
      AND s.position = (SELECT min(p.position) FROM stacks p WHERE p.stack = w.stack AND p.kind = 'python')
      GROUP BY w.kind, s.file, s.line ORDER BY ms DESC LIMIT 10`,
      },
    ],
  }),
  cpu_samples: view({
    name: 'cpu_samples',
    doc: 'samples of running threads: each is 1 / recording.sample_hz seconds of CPU time',
    columns: [
      field('id', 'id', 'row id, as in evidence "cpu_samples:ID"'),
      field('time_ns', 'time', 'when'),
      ...who,
      field('cpu', 'cpu', 'CPU it ran on'),
      field('stack', 'ref', 'stack id for stacks.stack, null when not taken'),
      field('weight', 'weight', 'samples that it stands for'),
      field('thread', 'ref', 'thread.id'),
    ],
    sql: `SELECT p.id, p.time_ns, t.pid, t.tid, t.comm, p.cpu, ${STACK_OF('p')} AS stack, coalesce(${WEIGHT_OF('p')}, 1) AS weight, p.thread
      FROM cpu_sample p JOIN thread t ON t.id = p.thread`,
    examples: [
      {
        question: 'Which functions used most CPU time themselves?',
        sql: 'SELECT s.name, s.file, s.line, sum(c.weight) AS n FROM cpu_samples c JOIN stacks s ON s.stack = c.stack AND s.position = 0 GROUP BY 1, 2, 3 ORDER BY n DESC LIMIT 10',
      },
    ],
  }),
} as const;
