// One line for an event that was watched, for people and for scripts that read lines.
import type { LiveEvent, LiveValue } from '../base/live-desk.ts';
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
export const eventLine = (event: LiveEvent, name: string, unixStartMs: number): string => {
  const fields = Object.entries(event.values).map(([field, value]) => `${field}=${valueText(value)}`);
  const who = `${quotedName(event.comm, NAME)} (${event.pid})`;
  return [timeOfDay(event.time, unixStartMs), who, name, ...fields].join(' ');
};
