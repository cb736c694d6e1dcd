// How long each tool's answer takes, and how much memory, on recordings of 1 and 10 million rows (`scale-50m`: of 50 million),
// about all of it and about one per cent of it: the cost shall grow with the window, not with the file.
import { execFileSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, type Figure, figureOf } from './figure.ts';
import { inFolder, launcher } from './lab.ts';
import { writeLarge } from './large-recording.ts';

const TIMES = 3;
/** Rows of the recording that the goals are for. */
const HELD = 10_000_000;
const TRAINER = 1000;
/** ms in which a question is answered from a shell, program start included. */
const SHELL_MS = 1000;

type Question = { readonly name: string; readonly tool: string; readonly args: object; readonly goal?: number };
type Answer = {
  readonly name: string;
  readonly took?: readonly number[];
  readonly cpu?: readonly number[];
  readonly mb?: number;
  readonly bytes?: number;
};

const ns = (time: number): string => `${Math.round(time)}ns`;

/** Times of the whole, and of one per cent in its middle. `goal`: ms on 10 million rows. */
const questionsOf = (length: number): readonly Question[] => {
  const from = Math.round(length * 0.495);
  const window = { from: ns(from), to: ns(length * 0.505) };
  const asked = (name: string, tool: string, args: object = {}, goal?: number): Question => ({
    ...{ name, tool, args },
    ...(goal === undefined ? {} : { goal }),
  });
  return [
    asked('stats', 'get_trace_stats', {}, 50),
    asked('chains', 'get_causal_chains', {}, 1000),
    asked('chains_1pct', 'get_causal_chains', window),
    asked('timeline', 'get_timeline', {}, 200),
    asked('timeline_busy_thread', 'get_timeline', { tid: TRAINER }, 200),
    asked('timeline_1pct', 'get_timeline', { ...window, tid: TRAINER }),
    asked('event', 'explain_event', { tid: TRAINER, time: ns(from) }),
    asked('stacks', 'get_stacks'),
    asked('stacks_1pct', 'get_stacks', window),
    asked('compare', 'compare_windows', { from: ns(0), to: ns(from), other_from: ns(from), other_to: ns(length) }),
    asked('compare_1pct', 'compare_windows', {
      ...window,
      other_from: window.to,
      other_to: ns(length * 0.515),
    }),
    asked('schema', 'describe_schema'),
    asked('sql_totals', 'run_sql', { query: 'SELECT op, sum(count) AS n, sum(sum_ns) AS ns FROM totals GROUP BY op' }),
  ];
};

const millions = (rows: number): string => `${Math.round(rows / 1e6)}m`;

const ask = (path: string, questions: readonly Question[], times: number): readonly Answer[] =>
  execFileSync(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      new URL('./scale-answer.ts', import.meta.url).pathname,
      path,
      JSON.stringify(questions.map((question) => ({ ...question, times }))),
    ],
    { encoding: 'utf8', maxBuffer: 1 << 24 },
  )
    .trim()
    .split('\n')
    .map((line): Answer => JSON.parse(line));

/** ms of `ask get_trace_stats` from its start to its end. */
const askFromShell = (path: string, times: number): readonly number[] =>
  Array.from({ length: times }, () => {
    const began = performance.now();
    execFileSync(launcher, ['ask', 'get_trace_stats', '--db', path, '--json'], { stdio: 'ignore' });
    return performance.now() - began;
  });

/** Goals are for 10 million rows; other sizes are told beside them. */
const figuresOn = (path: string, wanted: number, times: number): readonly Figure[] => {
  const began = performance.now();
  const { rows, length } = writeLarge(path, wanted);
  const written = performance.now() - began;
  const questions = questionsOf(length);
  const answers = ask(path, questions, times);
  const size = millions(wanted);
  const context = { rows, hours: Number((length / 3.6e12).toFixed(2)), mb: Math.round(statSync(path).size / 1e6) };
  const times_ = questions.flatMap(({ name, tool, goal }): Figure[] => {
    const answer = answers.find((one) => one.name === name);
    const isHeld = goal !== undefined && wanted === HELD;
    return answer?.took === undefined
      ? []
      : [
          figureOf(`${name}_${size}_ms`, 'ms', isHeld ? { atMost: goal } : undefined, answer.took, {
            ...context,
            tool,
            bytes: answer.bytes ?? 0,
          }),
        ];
  });
  const memory = answers.find(({ name }) => name === 'memory')?.mb ?? Number.NaN;
  const shell = figureOf(
    `ask_stats_${size}_ms`,
    'ms',
    wanted === HELD ? { atMost: SHELL_MS } : undefined,
    askFromShell(path, times),
    context,
  );
  return [
    ...times_,
    shell,
    figureOf(`answers_${size}_memory_mb`, 'MB', { atMost: 500 }, [memory], context),
    figureOf(`written_${size}_rows_per_s`, 'rows/s', undefined, [rows / (written / 1000)], context),
  ];
};

const scaleOf = (name: string, sizes: readonly number[], times: number): Bench => ({
  name,
  doc: `answers on recordings of ${sizes.map(millions).join(' and ')} rows, and of one per cent of them`,
  run: () =>
    inFolder(async (folder) =>
      sizes.flatMap((rows) => {
        const path = join(folder, 'large.db');
        const figures = figuresOn(path, rows, times);
        rmSync(path, { force: true });
        return figures;
      }),
    ),
});

export const scale = scaleOf('scale', [1_000_000, HELD], TIMES);
export const scale50m = scaleOf('scale-50m', [50_000_000], 2);
