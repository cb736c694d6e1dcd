// Calls from the narrow raw table, for those who read many: who made them, which call and which arguments are looked up once
// for each id, and not joined to each row.
import type { Database } from './open.ts';
import type { BriefCall } from './recording.ts';
import { remembering } from './remembering.ts';
import { at, maybeNumber, number, type Row, text } from './row.ts';

// `+ 0.0` where a value may be any 64-bit word: larger ones than 2^53 come as the nearest number and not as an error.
/** Columns of `call c` that `briefOf` takes, in this order, of a statement that returns arrays. */
export const NARROW = 'c.id, c.start_ns, c.duration_ns, c.thread, c.op, c.depth, c.ret + 0.0, c.args';

const THREAD = 'SELECT pid, tid FROM thread WHERE id = ?';
const ARGUMENTS = 'SELECT fn + 0.0 AS fn, coalesce(bytes, width * height) + 0.0 AS bytes FROM call_args WHERE id = ?';
const OPS = 'SELECT id, name, role FROM meta_op';
type Who = { readonly pid: number; readonly tid: number };
type Arguments = { readonly fn: number | null; readonly bytes: number | null };
type Op = { readonly op: string; readonly role: string };

const nothing: Arguments = { fn: null, bytes: null };

export const createNarrowCalls = (database: Database) => {
  const thread = database.prepare(THREAD);
  const argumentSet = database.prepare(ARGUMENTS);
  const whoOf = remembering((id): Who | undefined => {
    const row = thread.get(id);
    return row === undefined ? undefined : { pid: number(row, 'pid'), tid: number(row, 'tid') };
  });
  const argumentsOf = remembering((id): Arguments => {
    const row = argumentSet.get(id);
    return row === undefined ? nothing : { fn: maybeNumber(row, 'fn'), bytes: maybeNumber(row, 'bytes') };
  });
  let ops: ReadonlyMap<number, Op> | undefined;
  const opOf = (id: number): Op | undefined => {
    ops ??= new Map(
      database
        .prepare(OPS)
        .all()
        .map((row) => [number(row, 'id'), { op: text(row, 'name'), role: text(row, 'role') }]),
    );
    return ops.get(id);
  };
  /** Undefined for a row that names a thread or a call that there is not. */
  const briefOf = (row: Row): BriefCall | undefined => {
    const who = whoOf(at(row, 3));
    const op = opOf(at(row, 4));
    if (who === undefined || op === undefined) return undefined;
    const args = row[7] === null ? nothing : argumentsOf(at(row, 7));
    return {
      id: at(row, 0),
      start_ns: at(row, 1),
      duration_ns: at(row, 2),
      pid: who.pid,
      tid: who.tid,
      op: op.op,
      role: op.role,
      depth: at(row, 5),
      ret: at(row, 6),
      fn: args.fn,
      bytes: args.bytes,
    };
  };
  return { whoOf, opOf, argumentsOf, briefOf };
};

export type NarrowCalls = ReturnType<typeof createNarrowCalls>;
