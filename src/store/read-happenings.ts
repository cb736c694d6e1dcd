// Reads what happened to one thread besides running and waiting: stretches in the kernel such as memory reclaim, and moments
// such as signals. Both overlap its states and are no part of them.
import type { Database } from './open.ts';
import type { Window } from './recording.ts';
import { maybeText, number } from './row.ts';

/** Everything of one kind; `duration_ns` is what lies inside the window, 0 for moments. */
export type Happening = { readonly kind: string; readonly count: number; readonly duration_ns: number };

const SCOPES = `SELECT kind, count(*) AS n, sum(min(start_ns + duration_ns, ?4) - max(start_ns, ?3)) AS ns FROM scopes
  WHERE pid = ?1 AND tid = ?2 AND start_ns < ?4 AND start_ns + duration_ns > ?3 GROUP BY kind ORDER BY ns DESC, kind`;
const MOMENTS = `SELECT kind, count(*) AS n, 0 AS ns FROM moments
  WHERE pid = ?1 AND tid = ?2 AND time_ns >= ?3 AND time_ns < ?4 GROUP BY kind ORDER BY n DESC, kind`;

/** By kind: stretches that overlap the window, then moments in it. */
export const readHappenings = (
  database: Database,
  { pid, tid }: { readonly pid: number; readonly tid: number },
  { start_ns, end_ns }: Window,
): readonly Happening[] =>
  [SCOPES, MOMENTS].flatMap((sql) =>
    database
      .prepare(sql)
      .all(pid, tid, start_ns, end_ns)
      .map((row) => ({
        kind: maybeText(row, 'kind') ?? 'unknown',
        count: number(row, 'n'),
        duration_ns: number(row, 'ns'),
      })),
  );
