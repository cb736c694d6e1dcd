// Events as a table: the names once, one row for each run of equal events, as many as fit. Knows nothing of subscriptions.
import { COMMON, cellsOf, columnOf } from './event-columns.ts';
import type { KeptEvent, LiveValue, Room } from './live-desk.ts';

export type EventTable = {
  /**
   * time_ns, pid, tid, uid, cpu, comm of whoever ran, then the event's fields (`event.pid` where a name is taken), and times: how
   * often the same came in a row.
   */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly LiveValue[])[];
  /** Events that the rows stand for, from the first on. */
  readonly events: number;
};

/** All but the time, CPU and thread, which differ among equal events. */
const sameness = ({ pid, uid, comm, values }: KeptEvent): string => JSON.stringify([pid, uid, comm, values]);

/** The events from the front whose rows fit, at least one; all of them without a room. */
export const eventTable = (events: readonly KeptEvent[], fields: readonly string[], room?: Room): EventTable => {
  const { characters = Number.POSITIVE_INFINITY, rows: most = Number.POSITIVE_INFINITY } = room ?? {};
  const columns = [...COMMON, ...fields.map(columnOf), 'times'];
  const rows: LiveValue[][] = [];
  let used = JSON.stringify(columns).length;
  let last: string | undefined;
  let count = 0;
  for (const event of events) {
    const same = sameness(event);
    const previous = rows.at(-1);
    if (same === last && previous !== undefined) {
      previous[columns.length - 1] = Number(previous[columns.length - 1]) + 1;
      count++;
      continue;
    }
    const row = [...cellsOf(event, fields), 1];
    used += JSON.stringify(row).length + 1;
    if (rows.length > 0 && (used > characters || rows.length >= most)) break;
    rows.push(row);
    last = same;
    count++;
  }
  return { columns, rows, events: count };
};
