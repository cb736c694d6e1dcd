// Counts the segments that TCP sent again on the connection that a wait was for, by whichever end is on this host.
import type { Database } from './open.ts';
import type { Window } from './recording.ts';
import { maybeText, number } from './row.ts';

const ENDS = 'SELECT f.local, f.remote FROM waits w JOIN files f ON f.id = w.object WHERE w.id = ?';
const COUNT = `SELECT count(*) AS n FROM moments WHERE kind = 'tcp_retransmit' AND detail IN (?, ?)
  AND time_ns >= ? AND time_ns < ?`;

const portOf = (address: string | null): number => Number(/:(\d+)$/.exec(address ?? '')?.[1] ?? 0);

/** In all windows together; 0 where the ends of the connection are not known. */
export const readSentAgain = (database: Database, wait: number, windows: readonly Window[]): number => {
  const row = database.prepare(ENDS).get(wait);
  const [local, remote] =
    row === undefined ? [0, 0] : [portOf(maybeText(row, 'local')), portOf(maybeText(row, 'remote'))];
  if (local === 0 || remote === 0) return 0;
  const count = database.prepare(COUNT);
  return windows.reduce((sum, { start_ns, end_ns }) => {
    const found = count.get(local * 65_536 + remote, remote * 65_536 + local, start_ns, end_ns);
    return sum + (found === undefined ? 0 : number(found, 'n'));
  }, 0);
};
