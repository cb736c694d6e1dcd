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

const DETAILS = `SELECT w.id, w.owner_tid, w.open, w.irq_ns, w.stolen_ns, w.minor_faults, coalesce(f.remote, f.name) AS file, f.peer_pid, f.peer_comm, w.request, b.device, b.op,
  b.queue_ns, b.device_ns FROM waits w LEFT JOIN files f ON f.id = w.object LEFT JOIN block_requests b ON b.id = w.request
  WHERE w.id IN (SELECT value FROM json_each(?))`;

const requestOf = (row: Row): RequestRow | null => {
  const id = maybeNumber(row, 'request');
  const queue_ns = maybeNumber(row, 'queue_ns');
  const device_ns = maybeNumber(row, 'device_ns');
  if (id === null || queue_ns === null || device_ns === null) return null;
  return { id, device: maybeText(row, 'device'), op: maybeText(row, 'op'), queue_ns, device_ns };
};

/** By waits.id; an id that is not there is left out. */
export const readWaitDetails = (database: Database, ids: readonly number[]): ReadonlyMap<number, WaitDetails> =>
  new Map(
    database
      .prepare(DETAILS)
      .all(JSON.stringify(ids))
      .map((row) => [
        number(row, 'id'),
        {
          id: number(row, 'id'),
          owner_tid: maybeNumber(row, 'owner_tid'),
          open: maybeNumber(row, 'open'),
          irq_ns: maybeNumber(row, 'irq_ns') ?? 0,
          stolen_ns: maybeNumber(row, 'stolen_ns') ?? 0,
          minor_faults: maybeNumber(row, 'minor_faults') ?? 0,
          file: maybeText(row, 'file'),
          peer_pid: maybeNumber(row, 'peer_pid'),
          peer_comm: maybeText(row, 'peer_comm'),
          request: requestOf(row),
        },
      ]),
  );
