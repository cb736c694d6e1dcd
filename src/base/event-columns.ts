// The columns of a table of events: who ran, then what each event says. Knows no subscription and no budget.
import type { KeptEvent, LiveValue } from './live-desk.ts';

/** Of every event: when it was, and who ran where. */
export const COMMON = ['time_ns', 'pid', 'tid', 'uid', 'cpu', 'comm'] as const;

const taken: ReadonlySet<string> = new Set(COMMON);

/** The column of a field of an event: its name, `event.pid` where that name is taken. */
export const columnOf = (field: string): string => (taken.has(field) ? `event.${field}` : field);

/** An event as cells: those that are common, then those of its fields, null where it has none of that name. */
export const cellsOf = (
  { time, pid, tid, uid, cpu, comm, values }: KeptEvent,
  fields: readonly string[],
): readonly LiveValue[] => [time, pid, tid, uid, cpu, comm, ...fields.map((field) => values[field] ?? null)];
