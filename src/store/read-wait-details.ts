// Reads what else is known of single waits: who held the lock, which file or socket it was, which block request ended it.
import type { Database } from './open.ts';
import { maybeNumber, maybeText, number, type Row } from './row.ts';

export type RequestRow = {
  readonly id: number;
  /** major:minor */
  readonly device: string | null;
  readonly op: string | null;
  readonly queue_ns: number;
  readonly device_ns: number;
};

/** Whatever the recording knows of the object of a wait; its texts come from strangers. */
export type WaitDetails = {
  readonly id: number;
  readonly owner_tid: number | null;
  /** 1 when it had not ended when the recording did. */
  readonly open: number | null;
  /** What interrupts and timers took from its turn on the CPU before. */
  readonly irq_ns: number;
  readonly stolen_ns: number;
  /** Minor page faults in that turn. */
  readonly minor_faults: number;
  readonly file: string | null;
  readonly peer_pid: number | null;
  readonly peer_comm: string | null;
  readonly request: RequestRow | null;
};

// From the raw tables: joined to the view of requests, which is a join itself, SQLite would read all requests first.
const DETAILS = `SELECT o.id, o.owner, s.open, o.irq_ns, o.stolen_ns, o.faults, coalesce(f.remote, f.name) AS file, f.peer_pid, f.peer_comm, o.request
  FROM off_cpu o CROSS JOIN wait_site s ON s.id = o.site LEFT JOIN file f ON f.id = s.file WHERE o.id IN (SELECT value FROM json_each(?))`;
const REQUESTS = `SELECT id, device, op, queue_ns, device_ns FROM block_requests WHERE id IN (SELECT value FROM json_each(?))`;

const requestOf = (row: Row): RequestRow | undefined => {
  const queue_ns = maybeNumber(row, 'queue_ns');
  const device_ns = maybeNumber(row, 'device_ns');
  if (queue_ns === null || device_ns === null) return undefined;
  return { id: number(row, 'id'), device: maybeText(row, 'device'), op: maybeText(row, 'op'), queue_ns, device_ns };
};

/** By waits.id; an id that is not there is left out. */
export const readWaitDetails = (database: Database, ids: readonly number[]): ReadonlyMap<number, WaitDetails> => {
  const rows = database.prepare(DETAILS).all(JSON.stringify(ids));
  const requests = rows.flatMap((row) => maybeNumber(row, 'request') ?? []);
  const known = new Map(
    (requests.length === 0 ? [] : database.prepare(REQUESTS).all(JSON.stringify(requests))).map((row) => [
      number(row, 'id'),
      requestOf(row),
    ]),
  );
  return new Map(
    rows.map((row) => [
      number(row, 'id'),
      {
        id: number(row, 'id'),
        owner_tid: maybeNumber(row, 'owner'),
        open: maybeNumber(row, 'open'),
        irq_ns: maybeNumber(row, 'irq_ns') ?? 0,
        stolen_ns: maybeNumber(row, 'stolen_ns') ?? 0,
        minor_faults: maybeNumber(row, 'faults') ?? 0,
        file: maybeText(row, 'file'),
        peer_pid: maybeNumber(row, 'peer_pid'),
        peer_comm: maybeText(row, 'peer_comm'),
        request: known.get(maybeNumber(row, 'request') ?? 0) ?? null,
      },
    ]),
  );
};
