// Holds what a run left behind against what is promised: a file that `verify` accepts and that states what it lacks, or one
// clear line of why nothing was written. Asks the program itself, as a user would.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { OWED } from '../src/record/loss-notes.ts';
import { openRecording } from '../src/store/open-recording.ts';
import { number, text } from '../src/store/row.ts';
import { callsWithoutRow } from '../test/kernel/calls-without-row.ts';
import { type Ended, WHYTRACE } from '../test/kernel/recorder.ts';
import { json, linesOf } from '../test/kernel/truth.ts';
import type { Outcome } from './scenario.ts';

/** What a recorder that could not go on says: what failed, why, what to do. */
const ERROR = /^whytrace: cannot [^\n]+: [^\n]+; [^\n]+$/gm;

const failed = (why: string, end: Outcome['end'] = 'refused', stated: readonly string[] = []): Outcome => ({
  ...{ ok: false, end, stated, why },
});

type Verified = {
  readonly status: number | null;
  readonly verdict: string;
  readonly state: string;
  readonly text: string;
};

const verify = (path: string, ...options: readonly string[]): Verified => {
  const { status, stdout, stderr } = spawnSync(WHYTRACE, ['verify', path, '--json', ...options], { encoding: 'utf8' });
  const found = stdout.startsWith('{') ? json(linesOf(stdout)[0]) : {};
  return {
    status,
    verdict: String(found.verdict),
    state: String(found.state),
    text: `${stdout}${stderr}`.slice(0, 500),
  };
};

type Contents = {
  /** Reasons of all losses. */
  readonly stated: readonly string[];
  /** Calls in its totals, those that have a row, and those of which it says that they have none. */
  readonly calls: number;
  readonly rows: number;
  readonly withoutRow: number;
  /** Calls for which these rows stand; undefined where rows were taken away. Calls for which none does, as it says. */
  readonly standFor: number | undefined;
  readonly lost: number;
};

const contentsOf = (path: string): Contents => {
  const recording = openRecording(path);
  try {
    const { database } = recording;
    const count = (sql: string): number => {
      const row = database.prepare(sql).get();
      return row === undefined ? 0 : number(row, 'n');
    };
    const losses = database
      .prepare('SELECT reason, sum(count) AS n FROM losses GROUP BY reason ORDER BY reason')
      .all()
      .map((row) => [text(row, 'reason'), number(row, 'n')] as const);
    return {
      stated: losses.map(([reason]) => reason),
      calls: count('SELECT coalesce(sum(count), 0) AS n FROM totals'),
      rows: count('SELECT count(*) AS n FROM calls'),
      withoutRow: callsWithoutRow(losses),
      standFor: losses.some(([reason]) => reason === 'call_pruned')
        ? undefined
        : count('SELECT coalesce(sum(weight), 0) AS n FROM calls'),
      lost: count(
        `SELECT coalesce(sum(count), 0) AS n FROM losses WHERE reason = 'ring_full_call' OR (reason = 'shed_call' AND detail = '${OWED}')`,
      ),
    };
  } finally {
    recording.close();
  }
};

/** A file that a recorder closed, or left. */
const judgeFile = (path: string): Outcome => {
  const found = verify(path);
  if (found.state === 'complete') {
    const { stated, calls, rows, withoutRow, standFor, lost } = contentsOf(path);
    if (found.status !== 0 || found.verdict !== 'intact')
      return failed(`verify does not accept it: ${found.text}`, 'complete', stated);
    if (calls !== rows + withoutRow)
      return failed(`${calls} calls, ${rows} rows, and ${withoutRow} stated to have none`, 'complete', stated);
    return calls === (standFor ?? calls - lost) + lost
      ? { ok: true, end: 'complete', stated }
      : failed(`${calls} calls, rows that stand for ${standFor}, and ${lost} stated to be lost`, 'complete', stated);
  }
  if (found.state !== 'cut') return failed(`it is ${found.state}: ${found.text}`);
  const { stated } = contentsOf(path);
  if (!stated.includes('cut_short')) return failed('it does not state that it was cut', 'cut', stated);
  if (found.verdict !== 'unsealed_rest' && found.verdict !== 'intact')
    return failed(`verify does not accept it: ${found.text}`, 'cut', stated);
  const finished = verify(path, '--finish');
  if (finished.status !== 0 || finished.state !== 'cut')
    return failed(`it cannot be finished: ${finished.text}`, 'cut', stated);
  return { ok: true, end: 'cut', stated };
};

/**
 * Judges the end of a recorder and the file at `path`. `killed`: it had no chance to say anything. Else it must have ended
 * well, or with one line of error: only that explains that there is no file, or that the file is cut.
 */
export const judge = (path: string, { code, stderr }: Pick<Ended, 'code' | 'stderr'>, killed = false): Outcome => {
  const lines = stderr.match(ERROR) ?? [];
  if (/internal error|^\s+at .*:\d+:\d+\)?$/m.test(stderr)) return failed(`it fell over: ${stderr.slice(0, 500)}`);
  if (lines.length > 1) return failed(`more than one error: ${lines.join(' | ')}`);
  const outcome: Outcome = existsSync(path)
    ? judgeFile(path)
    : { ok: true, end: 'refused', stated: [lines[0] ?? 'no file'] };
  if (!outcome.ok || killed) return outcome;
  const isExplained = code === 1 && lines.length === 1;
  return isExplained || (code === 0 && outcome.end === 'complete')
    ? outcome
    : failed(
        `${outcome.end}, code ${code}, and not one error line: ${stderr.slice(0, 500)}`,
        outcome.end,
        outcome.stated,
      );
};

/** The same, for a run that must end with an error of these words and without a file. */
export const judgeRefusal = (path: string, ended: Pick<Ended, 'code' | 'stderr'>, words: RegExp): Outcome => {
  const outcome = judge(path, ended);
  if (!outcome.ok || outcome.end === 'refused')
    return outcome.ok && !words.test(ended.stderr) ? failed(`it says ${ended.stderr}`) : outcome;
  return failed('there is a file', outcome.end, outcome.stated);
};

/**
 * For a recording that nothing may end early: the outcome, unless the file is not complete, or its totals differ from what a
 * workload of the lab counted itself (`"counts"` in its last line).
 */
export const withTruth = (outcome: Outcome, path: string, stdout: string): Outcome => {
  if (!outcome.ok) return outcome;
  if (outcome.end !== 'complete')
    return failed(`${outcome.end}: ${outcome.stated.join(', ')}`, outcome.end, outcome.stated);
  const made = Object.entries(json(linesOf(stdout).at(-1)?.counts));
  if (made.length === 0) return failed('the workload said nothing', outcome.end, outcome.stated);
  const recording = openRecording(path);
  try {
    const total = recording.database.prepare('SELECT coalesce(sum(count), 0) AS n FROM totals WHERE op = ?');
    for (const [op, count] of made) {
      const row = total.get(op);
      const seen = row === undefined ? 0 : number(row, 'n');
      if (seen !== count) return failed(`${seen} of ${count} ${op} in the totals`, outcome.end, outcome.stated);
    }
    return outcome;
  } finally {
    recording.close();
  }
};
