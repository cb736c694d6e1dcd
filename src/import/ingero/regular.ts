// Waits that a timer ended, as far as lengths tell: many of a thread are a round number of milliseconds and a little more,
// never less, and next to none are near. A preemption or a device has no such edge.
import type { Database } from '../../store/open.ts';
import { maybeNumber } from '../../store/row.ts';
import type { Tables } from '../importer.ts';
import { inRun, type Run } from './run.ts';
import { hostOps, sources } from './schema.ts';

const MS = 1e6;
/** What a timer is late by at most: its slack of 50 us, an interrupt, a wake-up. */
const LATE = 0.3 * MS;
/** As near below the edge as a preemption by the clock's tick would often be, and as near on either side as chance would be. */
const BELOW = 0.1 * MS;
const NEAR = 0.5 * MS;
const ENOUGH = 20;
/** Of those on the edge so many others may be near: 2 %. */
const STRAY = 0.02;
const LONGEST_MS = 10_000;
/** Python lets another thread run after so long: https://docs.python.org/3/library/sys.html#sys.setswitchinterval. */
export const SWITCH_INTERVAL_MS = 5;

type Edge = { on: number; below: number; near: number; first: number };

export type Regular = {
  /** The timer that a wait of this length ran into, in ms; undefined for none. */
  readonly timerOf: (tid: number, duration: number) => number | undefined;
  /** When the first wait of a thread for such a timer began, in ns since the recording began. */
  readonly firstOf: (tid: number, ms: number) => number;
};

export const readRegular = (database: Database, tables: Tables, run: Run, origin: bigint): Regular => {
  const threads = new Map<number, Map<number, Edge>>();
  const edge = (tid: number, ms: number): Edge => {
    const edges = threads.get(tid) ?? new Map<number, Edge>();
    threads.set(tid, edges);
    const found = edges.get(ms) ?? { on: 0, below: 0, near: 0, first: Number.POSITIVE_INFINITY };
    edges.set(ms, found);
    return found;
  };
  const rows = database
    .prepare(
      `SELECT CAST(tid AS REAL) AS tid, CAST(duration AS REAL) AS duration, (timestamp - ?) + 0.0 AS at FROM events
       WHERE source = ${sources.host} AND op = ${hostOps.switch} AND ${inRun(tables)}`,
    )
    .iterate(origin, run.node, run.from, run.to);
  for (const row of rows) {
    const [tid, duration, at] = [maybeNumber(row, 'tid'), maybeNumber(row, 'duration'), maybeNumber(row, 'at')];
    if (tid === null || duration === null || at === null) continue;
    const ms = Math.floor(duration / MS);
    const beyond = duration - ms * MS;
    if (!(ms >= 0 && ms < LONGEST_MS)) continue;
    if (beyond <= LATE && ms > 0) {
      const found = edge(tid, ms);
      found.on++;
      found.first = Math.min(found.first, Math.max(0, at - duration));
    } else if (beyond <= LATE + NEAR && ms > 0) edge(tid, ms).near++;
    if (beyond >= MS - NEAR) edge(tid, ms + 1).near++;
    if (beyond >= MS - BELOW) edge(tid, ms + 1).below++;
  }
  const isTimer = ({ on, below, near }: Edge): boolean => on >= ENOUGH && below <= STRAY * on && near <= STRAY * 2 * on;
  return {
    timerOf: (tid, duration) => {
      const ms = Math.floor(duration / MS);
      const found = duration - ms * MS <= LATE ? threads.get(tid)?.get(ms) : undefined;
      return found !== undefined && isTimer(found) ? ms : undefined;
    },
    firstOf: (tid, ms) => threads.get(tid)?.get(ms)?.first ?? Number.POSITIVE_INFINITY,
  };
};
