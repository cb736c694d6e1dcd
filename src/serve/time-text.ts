// Times as people and agents write them ("1.5", "200ms"), as numbers of ns; and back, in the unit that fits.
import { durationCell } from '../base/units.ts';
import { errors } from './errors.ts';

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
const TIME = /^(\d+(?:\.\d+)?|\.\d+)\s*(ns|us|µs|ms|s|m|h)?$/;

/** ns of a number of seconds, or of a text with a unit. Throws a UserError for anything else, also for a negative time. */
export const parseTime = (time: number | string): number => {
  const match = TIME.exec(String(time).trim());
  const ns = Math.round(Number(match?.[1]) * (UNITS[match?.[2] ?? 's'] ?? Number.NaN));
  if (!Number.isSafeInteger(ns)) throw errors.badTime({ text: String(time) });
  return ns;
};

/** A duration in ns with three significant digits: `1.53 s`, `12.4 ms`, `870 ns`. */
export const formatTime = durationCell;
