// The causal chains that the file holds. They are claims of its tool: each is held against the rows of the same file.
import { durationText, shareText } from '../../base/units.ts';
import type { ClaimVerdict } from '../../catalogue/tables/claims.ts';
import type { Database } from '../../store/open.ts';
import { maybeNumber, maybeText, number, type Row } from '../../store/row.ts';
import type { ClaimRow, RecordingWriter } from '../../store/writer.ts';
import type { Tables } from '../importer.ts';
import type { Ops } from './ops.ts';
import { inRun, type Run } from './run.ts';
import { hostOps, sources } from './schema.ts';

const MOST = 5_000;
/** Different ones that are held against rows: each may read all of them. */
const MOST_JUDGED = 100;
/** What overlaps a call ends so long after it at most, in ns: a thread that is in a call comes back into it. */
const LATEST = 1_000_000_000;
const MINUTE = 60_000_000_000n;
/** A row within this part of the claimed duration, which is rounded, is the one that is meant. */
const NEAR = 0.01;
/** Below this part of the call an alleged cause is none; above the other one it may be one. */
const TOO_LITTLE = 0.1;
const MUCH = 0.5;
const NEEDED = ['detected_at', 'severity', 'summary', 'root_cause', 'cuda_op', 'cuda_p99_us'];

type Parts = {
  readonly database: Database;
  readonly tables: Tables;
  readonly run: Run;
  readonly origin: bigint;
  readonly ops: Ops;
};
type Judged = { readonly verdict: ClaimVerdict; readonly why: string; readonly row: number | undefined };
type Claim = Omit<ClaimRow, 'verdict' | 'why' | 'evidence'> & Judged;

/** The slow call that a claim is about. */
type Slow = {
  readonly row: number;
  readonly tid: number;
  readonly duration: number;
  readonly from: bigint;
  readonly to: bigint;
};

const notSupported = (why: string): Judged => ({ verdict: 'not_supported', why, row: undefined });

export const readClaims = ({ database, tables, run, origin, ops }: Parts): readonly Claim[] => {
  const columns = tables.get('causal_chains');
  if (columns === undefined || !NEEDED.every((name) => columns.has(name))) return [];
  const where = inRun(tables);
  const at = [run.node, run.from, run.to] as const;
  const of = `source = ? AND op = ? AND ${where}`;
  const longest = database.prepare(`SELECT max(CAST(duration AS REAL)) AS ns FROM events WHERE ${of}`);
  const nearest = database.prepare(
    `SELECT rowid + 0.0 AS row, CAST(tid AS REAL) AS tid, CAST(duration AS REAL) AS duration, CAST(timestamp AS TEXT) AS start
     FROM events WHERE ${of} AND duration BETWEEN ? AND ? ORDER BY abs(duration - ?), timestamp LIMIT 1`,
  );
  const during = (source: number, op: string) =>
    database.prepare(
      `SELECT coalesce(sum(min(timestamp, ?2) - max(timestamp - duration, ?1)), 0) + 0.0 AS ns, count(*) AS n FROM events
       WHERE source = ${source} AND ${op} AND tid = ?3 AND timestamp > ?1 AND timestamp < ?2 + ${LATEST} AND timestamp - duration < ?2
       AND typeof(timestamp) = 'integer' AND typeof(duration) = 'integer' AND duration >= 0`,
    );
  const offCpu = during(sources.host, `op = ${hostOps.switch}`);
  const blockIo = during(sources.io, 'op > 0');
  const everOff = database.prepare(
    `SELECT count(*) AS n FROM events WHERE source = ${sources.host} AND op = ${hostOps.switch} AND tid = ?`,
  );

  const inMinute = database.prepare(
    `SELECT coalesce(sum(CAST(duration AS REAL)), 0.0) AS ns FROM events
     WHERE source = ${sources.host} AND op = ${hostOps.switch} AND tid = ? AND timestamp >= ? AND timestamp < ?`,
  );
  const sums = tables.get('event_aggregates')?.has('sum_dur')
    ? database.prepare(
        `SELECT sum(CAST(sum_dur AS REAL)) AS ns FROM event_aggregates
         WHERE source = ${sources.host} AND op = ${hostOps.switch} AND pid = ? AND bucket = ?`,
      )
    : undefined;

  const findSlow = (op: string, claimed: number): Slow | string => {
    const call = ops.named(op);
    if (call === undefined) return 'it names no call that has rows';
    let most = 0;
    for (const [source, id] of ops.sourceOf(call)) {
      const found = nearest.get(source, id, ...at, claimed * (1 - NEAR), claimed * (1 + NEAR) + 1000, claimed);
      const start = found === undefined ? null : maybeText(found, 'start');
      if (found !== undefined && start !== null) {
        const [row, tid, duration] = [number(found, 'row'), number(found, 'tid'), number(found, 'duration')];
        return { row, tid, duration, from: BigInt(start), to: BigInt(start) + BigInt(Math.round(duration)) };
      }
      const max = longest.get(source, id, ...at);
      most = Math.max(most, (max === undefined ? null : maybeNumber(max, 'ns')) ?? 0);
    }
    return most === 0
      ? `no ${call.op} has a row in this file`
      : `no ${call.op} that took so long has a row in this file: the longest took ${durationText(most)}`;
  };

  const shareOf = (statement: typeof offCpu, { tid, from, to, duration }: Slow): number => {
    const row = statement.get(from, to, tid);
    return row === undefined || duration <= 0 ? 0 : number(row, 'ns') / duration;
  };

  /** Time off the CPU of a thread in the minute of a call that the sums have and the rows have not. */
  const goneAround = ({ tid, from }: Slow): number => {
    const minute = from - (from % MINUTE);
    const summed = sums?.get(tid, minute);
    const told = inMinute.get(tid, minute, minute + MINUTE);
    const all = summed === undefined ? null : maybeNumber(summed, 'ns');
    return all === null || told === undefined ? 0 : Math.max(0, all - number(told, 'ns'));
  };

  const judge = (op: string, cause: string, claimed: number): Judged => {
    const alleged = [
      ...(/sched_switch|context switch|off-CPU/i.test(cause) ? [['off the CPU', offCpu] as const] : []),
      ...(/block I\/O/i.test(cause) ? [['in block requests of its own', blockIo] as const] : []),
    ];
    if (claimed <= 0) return notSupported('it names no duration of any call');
    const slow = findSlow(op, claimed);
    if (typeof slow === 'string') return notSupported(slow);
    if (alleged.length === 0) return { ...notSupported('its cause is none that rows could show'), row: slow.row };
    const ever = everOff.get(slow.tid);
    if (ever === undefined || number(ever, 'n') === 0)
      return { ...notSupported('no interval of its thread off the CPU has a row'), row: slow.row };
    const shares = alleged.map(([what, statement]) => ({ what, share: shareOf(statement, slow) }));
    const said = shares.map(({ what, share }) => `${shareText(share)} of it ${what}`).join(', ');
    const why = `the call of ${durationText(slow.duration)} was one row: its thread was ${said}`;
    const gone = goneAround(slow);
    const little = shares.every(({ share }) => share < TOO_LITTLE);
    if (little && gone < TOO_LITTLE * slow.duration) return { verdict: 'refuted', why, row: slow.row };
    if (little)
      return { ...notSupported(`${why}, and ${durationText(gone)} of that minute have no row`), row: slow.row };
    const much = shares.some(({ share }) => share >= MUCH);
    return { verdict: much ? 'supported' : 'not_supported', why, row: slow.row };
  };

  const known = new Map<string, Judged>();
  const judged = (op: string, cause: string, claimed: number): Judged => {
    // Many claims differ only in how many events they counted.
    const key = `${op} ${claimed} ${cause.replace(/\d+/g, '')}`;
    const found =
      known.get(key) ??
      (known.size < MOST_JUDGED ? judge(op, cause, claimed) : notSupported('it was not looked at: there are too many'));
    if (known.size < MOST_JUDGED) known.set(key, found);
    return found;
  };

  const claimOf = (row: Row): Claim => {
    const text = (name: string) => (maybeText(row, name) ?? '').slice(0, 500);
    const claimed = (maybeNumber(row, 'p99') ?? 0) * 1000;
    const [op, cause] = [text('op'), text('cause')];
    return {
      ...{ time_ns: Math.max(0, maybeNumber(row, 'at') ?? 0), tool: 'ingero', severity: text('severity') },
      ...{ summary: text('summary'), cause, op, claimed_ns: claimed > 0 ? claimed : null },
      ...judged(op, cause, claimed),
    };
  };
  return database
    .prepare(
      `SELECT (detected_at - ?) + 0.0 AS at, CAST(severity AS TEXT) AS severity, CAST(summary AS TEXT) AS summary,
       CAST(root_cause AS TEXT) AS cause, CAST(cuda_op AS TEXT) AS op, CAST(cuda_p99_us AS REAL) AS p99 FROM causal_chains
       WHERE typeof(detected_at) = 'integer' AND detected_at >= ? AND detected_at < ? ORDER BY detected_at, id LIMIT ?`,
    )
    .all(origin, run.from, run.to, MOST)
    .map(claimOf);
};

/** Writes claims; `ids` are the calls of the recording by the row that they come from. */
export const writeClaims = (
  writer: RecordingWriter,
  claims: readonly Claim[],
  ids: ReadonlyMap<number, number>,
): void => {
  for (const { row, ...claim } of claims) {
    const id = row === undefined ? undefined : ids.get(row);
    writer.claim({ ...claim, evidence: id === undefined ? null : `calls:${id}` });
  }
};
