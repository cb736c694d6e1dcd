// Rows that a file once had: its rows are numbered without a gap as they are stored, so a jump in the numbers is rows gone.
import type { Database } from '../../store/open.ts';
import { maybeNumber } from '../../store/row.ts';
import type { Tables } from '../importer.ts';
import { inRun, type Run } from './run.ts';

/** `count` rows were between two times; times in ns since the recording began. */
export type Missing = { readonly start: number; readonly end: number; readonly count: number };

/** Jumps that are kept one by one; more are one from the first to the last. */
const MOST = 500;

/** The number of a row: its id, or what follows the name of the host in it. */
const NUMBER = "CAST(CASE typeof(id) WHEN 'text' THEN substr(id, instr(id, ':') + 1) ELSE id END AS REAL)";

export const missingRows = (
  database: Database,
  tables: Tables,
  run: Run,
  origin: bigint,
  end: number,
): readonly Missing[] => {
  if (tables.get('events')?.has('id') !== true) return [];
  const rows = database
    .prepare(
      `SELECT ${NUMBER} AS number, (timestamp - ?) + 0.0 AS at FROM events WHERE ${inRun(tables)} ORDER BY rowid`,
    )
    .iterate(origin, run.node, run.from, run.to);
  const found: Missing[] = [];
  let last = 0;
  let lastAt = 0;
  for (const row of rows) {
    const next = maybeNumber(row, 'number') ?? 0;
    const at = Math.min(end, Math.max(0, maybeNumber(row, 'at') ?? 0));
    if (!Number.isSafeInteger(next) || next <= 0) return [];
    // Rows are stored in batches, nearly in order: what comes late is no gap.
    if (next > last + 1) {
      // What is lacking before the first row was before the recording's time.
      const first = last === 0;
      const [start, until] = first ? [0, 0] : [Math.min(lastAt, at), Math.max(lastAt, at)];
      found.push({ start, end: until, count: next - last - 1 });
    }
    last = Math.max(last, next);
    lastAt = at;
  }
  const [first] = found;
  if (found.length <= MOST || first === undefined) return found;
  return [
    {
      start: first.start,
      end: found.reduce((latest, gap) => Math.max(latest, gap.end), 0),
      count: found.reduce((sum, gap) => sum + gap.count, 0),
    },
  ];
};
