// One line for an alert, for people and for programs that wake at each line.
import type { Alert } from '../base/alert.ts';
import { quotedName } from '../base/quote.ts';
import { timeOfDay } from './event-line.ts';

const NAME = 16;
const PATH = 120;

const factText = (value: number | string | null): string =>
  value === null ? '?' : typeof value === 'number' ? String(value) : quotedName(value, PATH);

/** `12:01:02.345 HIGH rule: name (4711, /path) did what; facts; parents; technique` */
export const alertLine = (alert: Alert, unixStartMs: number): string => {
  const { process, ancestry = [], facts } = alert;
  const who =
    process === undefined
      ? 'unattributed'
      : `${quotedName(process.comm, NAME)} (${process.pid}${process.exe === undefined ? '' : `, ${quotedName(process.exe, PATH)}`})`;
  const said = Object.entries(facts).map(([name, value]) => `${name}=${factText(value)}`);
  const parents = ancestry.slice(0, 3).map(({ comm, pid }) => `${quotedName(comm, NAME)} (${pid})`);
  return [
    `${timeOfDay(alert.time, unixStartMs)} ${alert.severity.toUpperCase()} ${alert.rule}: ${who} ${alert.title}`,
    ...(said.length > 0 ? [said.join(' ')] : []),
    ...(parents.length > 0 ? [`from ${parents.join(' < ')}`] : []),
    ...(alert.technique === undefined ? [] : [alert.technique]),
  ].join('; ');
};
