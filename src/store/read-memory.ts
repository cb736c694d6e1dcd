// Reads allocations and frees of device and pinned memory, and processes that the kernel killed for lack of memory. Matches
// nothing: which free belongs to which allocation is for the reader to say.
import type { Database } from './open.ts';
import type { Window } from './recording.ts';
import { maybeNumber, number, text } from './row.ts';

/** An outermost call that allocated or freed; `bytes` of an allocation. */
export type MemoryCall = {
  readonly id: number;
  readonly end_ns: number;
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly op: string;
  readonly isFree: boolean;
  readonly ptr: number;
  readonly bytes: number;
};

// From the narrow raw table, as in read-calls.ts: a scan of all calls, of which few are of these operations. Pointers beyond 2^53
// come as the nearest number: no address of a process is so large.
const CALLS = `SELECT c.id, c.start_ns + c.duration_ns AS end_ns, t.pid, t.tid, t.comm, m.name AS op, m.role = 'free' AS is_free,
  c.ptr + 0.0 AS ptr, coalesce(a.bytes, 0) + 0.0 AS bytes
  FROM call c CROSS JOIN thread t ON t.id = c.thread CROSS JOIN meta_op m ON m.id = c.op LEFT JOIN call_args a ON a.id = c.args
  WHERE c.ptr IS NOT NULL AND c.depth = 0 AND c.ret = 0 AND c.start_ns < ?2 AND (?3 IS NULL OR t.pid = ?3)
  AND c.op IN (SELECT id FROM meta_op WHERE name IN (SELECT value FROM json_each(?1))) ORDER BY c.id`;

/** Calls of these operations that succeeded and began before `until`, in the order in which they returned. */
export const readMemoryCalls = function* (
  database: Database,
  ops: readonly string[],
  until: number,
  pid: number | undefined,
): Generator<MemoryCall> {
  for (const row of database.prepare(CALLS).iterate(JSON.stringify(ops), until, pid ?? null)) {
    const ptr = maybeNumber(row, 'ptr') ?? 0;
    if (ptr === 0) continue;
    yield {
      id: number(row, 'id'),
      end_ns: number(row, 'end_ns'),
      pid: number(row, 'pid'),
      tid: number(row, 'tid'),
      comm: text(row, 'comm'),
      op: text(row, 'op'),
      isFree: number(row, 'is_free') === 1,
      ptr,
      bytes: maybeNumber(row, 'bytes') ?? 0,
    };
  }
};

/** A process that the kernel killed for lack of memory, and who was running when it chose. Names come from strangers. */
export type OomKill = {
  readonly id: number;
  readonly time_ns: number;
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly by_pid: number | null;
  readonly by_comm: string | null;
};

export const readOomKills = (database: Database, { start_ns, end_ns }: Window): readonly OomKill[] =>
  database
    .prepare(
      `SELECT id, time_ns, pid, tid, comm, by_pid, by_comm FROM moments
       WHERE kind = 'oom_kill' AND pid IS NOT NULL AND time_ns >= ? AND time_ns <= ? ORDER BY time_ns, id`,
    )
    .all(start_ns, end_ns)
    .map((row) => ({
      id: number(row, 'id'),
      time_ns: number(row, 'time_ns'),
      pid: number(row, 'pid'),
      tid: number(row, 'tid'),
      comm: text(row, 'comm'),
      by_pid: maybeNumber(row, 'by_pid'),
      by_comm: row.by_comm === null ? null : text(row, 'by_comm'),
    }));
