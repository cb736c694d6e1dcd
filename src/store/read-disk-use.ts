// Reads for whom a disk worked in a stretch of time.
import type { Database } from './open.ts';
import type { Window } from './recording.ts';
import { maybeNumber, number, type Row, text } from './row.ts';

/** A request of a process, from when the disk had it until it was done. */
export type DiskUse = Window & { readonly pid: number; readonly comm: string };

/** Requests are nearly in the order of time: as many before and after the one that ended the wait are looked at. */
const NEAR = 20_000;
const USE = `SELECT pid, comm, issued_ns, completed_ns FROM block_requests WHERE id BETWEEN ? AND ?
  AND device = ? AND issued_ns < ? AND completed_ns > ? AND pid <> (SELECT pid FROM waits WHERE id = ?) ORDER BY issued_ns, id`;
const OF_WAIT = 'SELECT request FROM waits WHERE id = ?';

const useOf = (row: Row): DiskUse => ({
  pid: number(row, 'pid'),
  comm: text(row, 'comm'),
  start_ns: number(row, 'issued_ns'),
  end_ns: number(row, 'completed_ns'),
});

/**
 * Requests that a disk ("major:minor") had in a window for other processes than that of a wait, as far as they were kept, in
 * the order of their start.
 */
export const readDiskUse = (
  database: Database,
  { device, wait }: { readonly device: string; readonly wait: number },
  { start_ns, end_ns }: Window,
): readonly DiskUse[] => {
  const row = database.prepare(OF_WAIT).get(wait);
  const request = row === undefined ? null : maybeNumber(row, 'request');
  const [first, last] = request === null ? [0, Number.MAX_SAFE_INTEGER] : [request - NEAR, request + NEAR];
  return database.prepare(USE).all(first, last, device, end_ns, start_ns, wait).map(useOf);
};
