// Reads what calls of one kind usually take, and whether a call was the first of its kind.
import { createNarrowCalls } from './narrow-calls.ts';
import type { Database } from './open.ts';
import type { IdRange, Segments } from './read-segments.ts';
import type { Threads } from './read-threads.ts';
import { readWeights } from './read-weights.ts';
import type { BriefCall, Durations, Siblings } from './recording.ts';
import { at, number } from './row.ts';

/** Rows that are looked at for siblings: all of a small recording, else this many in evenly spaced parts. */
const SAMPLED_ROWS = 65_536;
const PARTS = 16;
/** How much later than its end a call may be counted in the totals of a second, in seconds. */
export const LATE = 10;

/** Evenly spaced ranges of ids that hold at most SAMPLED_ROWS rows together. */
export const sampledRanges = (ids: IdRange, sampled = SAMPLED_ROWS, parts = PARTS): readonly IdRange[] => {
  const rows = ids.last - ids.first + 1;
  if (rows <= sampled) return [ids];
  const size = Math.floor(sampled / parts);
  return Array.from({ length: parts }, (_, part) => {
    const first = ids.first + Math.floor((part * (rows - size)) / (parts - 1));
    return { first, last: first + size - 1 };
  });
};

/** Readers of calls that are alike. */
export const createSiblingReader = (database: Database, segments: Segments, threads: Threads) => {
  const narrow = createNarrowCalls(database);

  /** Sampled calls by process and operation, each as its arguments and its duration: read once for all kinds. */
  let sampled: ReadonlyMap<string, readonly number[]> | undefined;
  let weights: ReadonlyMap<number, number> | undefined;
  const readSample = (): ReadonlyMap<string, readonly number[]> => {
    const found = new Map<string, number[]>();
    const names = new Map<number, string>();
    const scan = database.prepare(
      'SELECT c.thread, c.op, c.args, c.duration_ns FROM call c WHERE c.id BETWEEN ? AND ?',
    );
    scan.setReturnArrays(true);
    for (const { first, last } of sampledRanges(segments.idsOf('call')))
      for (const row of scan.all(first, last)) {
        const [thread, op] = [at(row, 0), at(row, 1)];
        const place = thread * 1024 + op;
        const name = names.get(place) ?? `${narrow.whoOf(thread)?.pid} ${narrow.opOf(op)?.op}`;
        names.set(place, name);
        const calls = found.get(name) ?? [];
        if (calls.length === 0) found.set(name, calls);
        calls.push(row[2] === null ? 0 : at(row, 2), at(row, 3));
      }
    return found;
  };

  const siblingDurations = ({ pid, op, fn, bytes }: Siblings): Durations => {
    if (sampled === undefined) weights = readWeights(database);
    sampled ??= readSample();
    const calls = sampled.get(`${pid} ${op}`) ?? [];
    const durations: number[] = [];
    const stands: number[] = [];
    for (let i = 0; i < calls.length; i += 2) {
      const args = fn === null && bytes === null ? undefined : narrow.argumentsOf(calls[i] ?? 0);
      const size = args?.bytes ?? null;
      if (fn !== null && args?.fn !== fn) continue;
      if (bytes !== null && (size === null || size < bytes.from || size >= bytes.to)) continue;
      durations.push(calls[i + 1] ?? 0);
      stands.push(weights?.get(calls[i] ?? 0) ?? 1);
    }
    return { durations, ...(weights === undefined ? {} : { weights: stands }) };
  };

  const firsts = new Map<string, { readonly id: number; readonly start: number } | undefined>();
  const opIds = database.prepare('SELECT id FROM meta_op WHERE name = ?');
  const sameKind = ({ op, pid, fn }: BriefCall) => {
    const ops = opIds.all(op).map((row) => number(row, 'id'));
    return {
      // Most rows are of other operations: a comparison tells them sooner than a look-up.
      sql: `(${ops.length === 0 ? '0' : ops.map(() => 'c.op = ?').join(' OR ')}) AND c.thread IN (SELECT value FROM json_each(?))${fn === null ? '' : ' AND c.args IN (SELECT id FROM call_args WHERE fn = ?)'}`,
      values: [...ops, threads.ofPid(pid), ...(fn === null ? [] : [fn])],
    };
  };

  const firstSecond = database.prepare(
    'SELECT second FROM second WHERE pid = ? AND op IN (SELECT id FROM meta_op WHERE name = ?) ORDER BY second LIMIT 1',
  );
  const from = new Map<string, number>();
  /** No call of a process and operation has a smaller id, as far as the totals of each second tell. */
  const firstIdOf = ({ pid, op }: BriefCall): number => {
    const key = `${pid} ${op}`;
    const known = from.get(key);
    if (known !== undefined) return known;
    const row = firstSecond.get(pid, op);
    const start_ns = row === undefined ? 0 : (number(row, 'second') - LATE) * 1e9;
    const [first] = segments.matching('call', { start_ns, end_ns: Number.MAX_SAFE_INTEGER });
    const id = start_ns <= 0 || first === undefined ? 1 : first.first;
    from.set(key, id);
    return id;
  };

  /** The first call of its kind in the order of writing: a scan that ends there, done once for each kind. */
  const firstOf = (call: BriefCall): { readonly id: number; readonly start: number } | undefined => {
    const key = `${call.pid} ${call.op} ${call.fn ?? ''}`;
    if (firsts.has(key)) return firsts.get(key);
    const { sql, values } = sameKind(call);
    const row = database
      .prepare(`SELECT c.id, c.start_ns FROM call c WHERE c.id >= ? AND ${sql} ORDER BY c.id LIMIT 1`)
      .get(firstIdOf(call), ...values);
    const first = row === undefined ? undefined : { id: number(row, 'id'), start: number(row, 'start_ns') };
    firsts.set(key, first);
    return first;
  };

  const earlierCalls = (call: BriefCall, most: number): number => {
    const first = firstOf(call);
    if (first === undefined || first.id >= call.id) return 0;
    if (most === 1 && first.start < call.start_ns) return 1;
    const { sql, values } = sameKind(call);
    const row = database
      .prepare(
        `SELECT count(*) AS n FROM (SELECT 1 FROM call c WHERE c.id >= ? AND c.id < ? AND c.start_ns < ? AND ${sql} LIMIT ?)`,
      )
      .get(first.id, call.id, call.start_ns, ...values, most);
    return row === undefined ? 0 : number(row, 'n');
  };

  return { siblingDurations, earlierCalls };
};
