// Reads the outermost calls that begin in a window, in the order of writing, and how many rows there are to read. Knows
// times and ids; what is compared or looked for, it does not know.
import type { Database } from './open.ts';
import { createSegments, merged, type RawTable } from './read-segments.ts';
import type { Window } from './recording.ts';
import { maybeNumber, number, type Row, text } from './row.ts';

/** An outermost call. `weight`: calls that its row stands for. */
export type WindowCall = {
  readonly id: number;
  readonly start_ns: number;
  readonly duration_ns: number;
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly op: string;
  readonly role: string;
  readonly ret: number;
  readonly weight: number;
  readonly fn: number | null;
  readonly stream: number | null;
  readonly bytes: number | null;
};

// `+ 0.0` where a value may be any 64-bit word, as in read-calls.ts.
const CALLS = `SELECT id, start_ns, duration_ns, pid, tid, comm, op, role, ret + 0.0 AS ret, weight + 0.0 AS weight, fn + 0.0 AS fn,
  stream + 0.0 AS stream, bytes + 0.0 AS bytes FROM calls WHERE id BETWEEN ? AND ? AND depth = 0 AND start_ns >= ? AND start_ns < ?`;

const callOf = (row: Row): WindowCall => ({
  id: number(row, 'id'),
  start_ns: number(row, 'start_ns'),
  duration_ns: number(row, 'duration_ns'),
  pid: number(row, 'pid'),
  tid: number(row, 'tid'),
  comm: text(row, 'comm'),
  op: text(row, 'op'),
  role: text(row, 'role'),
  ret: number(row, 'ret'),
  weight: number(row, 'weight'),
  fn: maybeNumber(row, 'fn'),
  stream: maybeNumber(row, 'stream'),
  bytes: maybeNumber(row, 'bytes'),
});

/** Readers of windows of one recording, for as long as it is open. */
export const createWindowReader = (database: Database) => {
  const segments = createSegments(database);
  const all = database.prepare(`${CALLS} ORDER BY id`);
  const ofThread = database.prepare(`${CALLS} AND tid = ? ORDER BY id`);
  return {
    /** Rows of a table in segments that touch the window: an upper bound, without reading any. */
    rowsIn: (table: RawTable, window: Window): number =>
      segments.matching(table, window).reduce((sum, { first, last }) => sum + last - first + 1, 0),
    /** Of all threads, or of one. */
    callsIn: function* (window: Window, tid?: number): Generator<WindowCall> {
      for (const { first, last } of merged(segments.matching('call', window))) {
        const values = [first, last, window.start_ns, window.end_ns];
        for (const row of tid === undefined ? all.iterate(...values) : ofThread.iterate(...values, tid))
          yield callOf(row);
      }
    },
  };
};

export type WindowReader = ReturnType<typeof createWindowReader>;
