// Events as a table: the names once, one row for each run of equal events, as many as fit. Knows nothing of subscriptions.
import type { LiveEvent, LiveValue } from '../../base/live-desk.ts';

type Cell = LiveValue;
export type EventTable = {
  /**
   * time_ns, pid, tid, uid, cpu, comm of whoever ran, then the event's fields (`event.pid` where a name is taken), and times: how
   * often the same came in a row.
   */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Events that the rows stand for, from the first on. */
  readonly events: number;
};

const COMMON = ['time_ns', 'pid', 'tid', 'uid', 'cpu', 'comm'] as const;

/** All but the time, CPU and thread, which differ among equal events. */
const sameness = ({ pid, uid, comm, values }: LiveEvent): string => JSON.stringify([pid, uid, comm, values]);

const taken: ReadonlySet<string> = new Set(COMMON);
const columnOf = (field: string): string => (taken.has(field) ? `event.${field}` : field);

/** The events from the front whose rows fit `budget` characters of JSON, at least one. */
export const eventTable = (events: readonly LiveEvent[], fields: readonly string[], budget: number): EventTable => {
  const columns = [...COMMON, ...fields.map(columnOf), 'times'];
  const rows: Cell[][] = [];
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
    const { time, pid, tid, uid, cpu, comm, values } = event;
    const row: Cell[] = [time, pid, tid, uid, cpu, comm, ...fields.map((field) => values[field] ?? null), 1];
    used += JSON.stringify(row).length + 1;
    if (rows.length > 0 && used > budget) break;
    rows.push(row);
    last = same;
    count++;
  }
  return { columns, rows, events: count };
};

export type Group = { readonly value: LiveValue; readonly count: number };

/** How often each value of a field (or pid, comm, cpu) came, most often first. */
export const groupsOf = (events: readonly LiveEvent[], field: string, most: number): readonly Group[] => {
  const counts = new Map<LiveValue, number>();
  for (const event of events) {
    const { pid, tid, uid, cpu, comm, values } = event;
    const common: Readonly<Record<string, LiveValue>> = { pid, tid, uid, cpu, comm };
    const value = values[field] ?? common[field] ?? null;
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || (String(a.value) < String(b.value) ? -1 : 1))
    .slice(0, most);
};
