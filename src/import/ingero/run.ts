// Which rows of a file belong together: one run of the tracer on one host makes one recording. A file may hold several.
import type { Database } from '../../store/open.ts';
import { number, type Row, text } from '../../store/row.ts';
import type { Tables } from '../importer.ts';

/** The rows of one run. Times are ns since 1970. */
export type Run = {
  /** Empty where the file names no host. */
  readonly node: string;
  readonly from: bigint;
  /** Exclusive. */
  readonly to: bigint;
  readonly rows: number;
  /** Rows of other runs or hosts, or with times that cannot be. */
  readonly others: number;
  /** Number of the session in the table `sessions`, undefined when there is none. */
  readonly session: number | undefined;
};

/** Sessions that are looked at. */
const MOST = 500;
const HOUR = 3_600_000_000_000n;
/** Longer than this no recording can be: 100 days. */
const LONGEST = 100n * 24n * HOUR;

type Span = Pick<Run, 'from' | 'to' | 'session'>;

/** The time that each session spans: until the next begins. Rows may come a little before or after it was noted. */
const sessionSpans = (database: Database, tables: Tables): readonly Span[] => {
  if (tables.get('sessions')?.has('started_at') !== true) return [];
  const starts = database
    .prepare(
      `SELECT id, CAST(started_at AS TEXT) AS started FROM sessions WHERE typeof(started_at) = 'integer' AND started_at > 0
       ORDER BY started_at, id LIMIT ?`,
    )
    .all(MOST)
    .map((row) => ({ session: number(row, 'id'), at: BigInt(text(row, 'started')) }));
  return starts.map(({ session, at }, i) => {
    const next = starts[i + 1]?.at;
    const to = next !== undefined && next < at + LONGEST ? next : at + LONGEST;
    return { session, from: i === 0 ? at - HOUR : at, to };
  });
};

/** Without sessions: all rows near the one in the middle, so that a row with an absurd time does not move the others. */
const middleSpan = (database: Database): readonly Span[] => {
  const row = database
    .prepare(
      `SELECT CAST(timestamp AS TEXT) AS middle FROM events WHERE typeof(timestamp) = 'integer' ORDER BY timestamp
       LIMIT 1 OFFSET (SELECT count(*) / 2 FROM events WHERE typeof(timestamp) = 'integer')`,
    )
    .get();
  if (row === undefined) return [];
  const middle = BigInt(text(row, 'middle'));
  return [{ session: undefined, from: middle - LONGEST / 2n, to: middle + LONGEST / 2n }];
};

/** The condition on `events` of a run; bind `node`, `from` and `to`. */
export const inRun = (tables: Tables): string =>
  `typeof(timestamp) = 'integer' AND ${tables.get('events')?.has('node') === true ? 'node = ?' : "? = ''"}
   AND timestamp >= ? AND timestamp < ?`;

const count = (row: Row | undefined): number => (row === undefined ? 0 : number(row, 'n'));

/** The run with most rows; undefined when there is no row with a time. */
export const chooseRun = (database: Database, tables: Tables): Run | undefined => {
  const all = count(database.prepare('SELECT count(*) AS n FROM events').get());
  const nodes =
    tables.get('events')?.has('node') === true
      ? database
          .prepare('SELECT CAST(node AS TEXT) AS node FROM events GROUP BY node ORDER BY count(*) DESC, node LIMIT ?')
          .all(MOST)
          .map((row) => text(row, 'node'))
      : [''];
  const counted = database.prepare(`SELECT count(*) AS n FROM events WHERE ${inRun(tables)}`);
  const best = (spans: readonly Span[]): Run | undefined =>
    nodes
      .slice(0, 1)
      .flatMap((node) => spans.map((span) => ({ node, ...span, rows: count(counted.get(node, span.from, span.to)) })))
      .filter(({ rows }) => rows > 0)
      .map((run): Run => ({ ...run, others: all - run.rows }))
      .toSorted((a, b) => b.rows - a.rows)[0];
  return best(sessionSpans(database, tables)) ?? best(middleSpan(database));
};
