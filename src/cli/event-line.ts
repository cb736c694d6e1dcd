// One line for an event that was watched, or for many of them that were counted: for people and for scripts that read lines.
import type { Collapsed, KeptEvent, LiveValue } from '../base/live-desk.ts';
import { quotedName } from '../base/quote.ts';

const LONGEST = 200;
const NAME = 16;

const valueText = (value: LiveValue): string =>
  value === null ? '?' : typeof value === 'number' ? String(value) : quotedName(value, LONGEST);

/** The wall clock's time with ms. `unixStartMs`: when the events' clock was 0. */
export const timeOfDay = (time: number, unixStartMs: number): string =>
  new Date(unixStartMs + time / 1e6).toTimeString().slice(0, 8) +
  `.${String(Math.floor((unixStartMs + time / 1e6) % 1000)).padStart(3, '0')}`;

/** `12:01:02.345 name (4711) event field=value ...` */
export const eventLine = (
  event: Pick<KeptEvent, 'time' | 'pid' | 'comm' | 'values'>,
  name: string,
  unixStartMs: number,
): string => {
  const fields = Object.entries(event.values).map(([field, value]) => `${field}=${valueText(value)}`);
  const who = `${quotedName(event.comm, NAME)} (${event.pid})`;
  return [timeOfDay(event.time, unixStartMs), who, name, ...fields].join(' ');
};

/** `12:01:02.345 412 times event pid=4711 comm=name field=value ... until 12:01:03.100`, and a line for what did not fit. */
export const countLines = (
  { columns, rows, other }: Collapsed,
  name: string,
  unixStartMs: number,
): readonly string[] => [
  ...rows.map((row) => {
    const cells = new Map(columns.map((column, at) => [column, row[at] ?? null]));
    const [times, first, last] = ['times', 'first_ns', 'last_ns'].map((column) => Number(cells.get(column)));
    for (const column of ['times', 'first_ns', 'last_ns']) cells.delete(column);
    const key = [...cells].map(([column, value]) => `${column}=${valueText(value)}`);
    const [from, to] = [first ?? 0, last ?? 0].map((time) => timeOfDay(time, unixStartMs));
    return [from, times, 'times', name, ...key, 'until', to].join(' ');
  }),
  ...(other.events > 0 ? [`and ${other.events} others of ${other.keys} kinds`] : []),
];
