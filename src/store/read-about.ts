// Reads what a recording says about itself: its facts, processes and losses.
import type { Database } from './open.ts';
import type { LossRow, ProcessRow, Recording, Window } from './recording.ts';
import { maybeNumber, maybeText, number, text } from './row.ts';

/** Facts of the table `recording`, in alphabetical order. */
export const readFacts = (database: Database): ReadonlyMap<string, string> =>
  new Map(
    database
      .prepare('SELECT key, value FROM recording ORDER BY key')
      .all()
      .map((row) => [text(row, 'key'), maybeText(row, 'value') ?? '']),
  );

/** The readers of processes and losses. */
export const createAboutReader = (database: Database, state: Recording['state']) => {
  const processes = (): readonly ProcessRow[] =>
    database
      .prepare(
        `SELECT pid, comm, exe, args, parent_pid, start_ns, end_ns, cgroup, container, tracked, exit_code, note
         FROM process ORDER BY pid, id`,
      )
      .all()
      .map((row) => ({
        pid: number(row, 'pid'),
        comm: maybeText(row, 'comm'),
        exe: maybeText(row, 'exe'),
        args: maybeText(row, 'args'),
        parent_pid: maybeNumber(row, 'parent_pid'),
        start_ns: maybeNumber(row, 'start_ns'),
        end_ns: maybeNumber(row, 'end_ns'),
        cgroup: maybeText(row, 'cgroup'),
        container: maybeText(row, 'container'),
        tracked: maybeNumber(row, 'tracked') ?? 0,
        exit_code: maybeNumber(row, 'exit_code'),
        note: maybeText(row, 'note'),
      }));

  /** Losses that touch the window, also at its very edges. */
  const losses = (window: Window): readonly LossRow[] =>
    database
      .prepare(
        `SELECT id, start_ns, end_ns, source, reason, count, detail FROM losses WHERE start_ns <= ? AND end_ns >= ?
         ORDER BY start_ns, id`,
      )
      .all(window.end_ns, window.start_ns)
      .map((row) => ({
        id: number(row, 'id'),
        start_ns: number(row, 'start_ns'),
        end_ns: number(row, 'end_ns'),
        source: maybeText(row, 'source'),
        reason: text(row, 'reason'),
        count: number(row, 'count'),
        detail: maybeText(row, 'detail'),
      }))
      // The row stands in every file that was not closed yet; in a live one it says nothing.
      .filter(({ reason }) => !(reason === 'cut_short' && state === 'live'));

  return { processes, losses };
};
