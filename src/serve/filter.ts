// The arguments that several tools share (process, call, time window), declared once, and how they are checked
// against a recording.

import { nearest } from '../base/nearest.ts';
import type { Recording, Window } from '../store/recording.ts';
import { errors } from './errors.ts';
import { formatTime, parseTime } from './time-text.ts';
import { z } from './zod.ts';

const time = (doc: string) => z.union([z.number(), z.string()]).optional().describe(doc);

export const pidField = z.int().min(0).optional().describe('Process');
export const opField = z.string().max(100).optional().describe('Call, e.g. cudaMemcpy');
export const fromField = time('From, e.g. 1.5s');
export const toField = time('To');
export const durationField = time('Calls at least this long: 5ms');
export const cursorField = z.string().max(40).optional().describe('next_cursor');
/** How many items of a list are wanted. */
export const limitField = (most: number, doc: string) => z.int().min(1).max(most).optional().describe(doc);

type Time = number | string | undefined;
type Wanted = {
  readonly pid?: number | undefined;
  readonly op?: string | undefined;
  readonly from?: Time;
  readonly to?: Time;
  readonly min_duration?: Time;
};

/** A checked filter in the form in which analyses take it. Times in ns. */
export type Filter = {
  readonly pid?: number;
  readonly op?: string;
  readonly window?: Window;
  readonly minDuration?: number;
};

/**
 * The part of the recording that was asked for; undefined when all of it. Where the oldest rows were taken away it begins with
 * what is left. Throws a UserError when nothing is left.
 */
const windowOf = (recording: Recording, from: Time, to: Time): Window | undefined => {
  if (from === undefined && to === undefined) return undefined;
  const { start_ns: first, end_ns: last } = recording.window;
  const start = from === undefined ? first : parseTime(from);
  const end = to === undefined ? Math.max(last, start + 1) : parseTime(to);
  if (end <= start) throw errors.emptyWindow({ from: formatTime(start), to: formatTime(end) });
  if (start > last) throw errors.outsideRecording({ from: formatTime(start), length: formatTime(last - first) });
  if (end <= first) throw errors.prunedAway({ to: formatTime(end), from: formatTime(first) });
  return { start_ns: Math.max(start, first), end_ns: end };
};

const knownProcesses = (recording: Recording): readonly { readonly pid: number; readonly comm: string }[] =>
  recording.database
    .prepare(
      `SELECT pid, max(comm) AS comm FROM (SELECT pid, comm FROM process WHERE tracked = 1 UNION ALL SELECT pid, comm FROM thread
      WHERE pid IN (SELECT pid FROM total)) GROUP BY pid ORDER BY pid`,
    )
    .all()
    .map(({ pid, comm }) => ({ pid: Number(pid), comm: String(comm) }));

const checkPid = (recording: Recording, pid: number) => {
  const known = knownProcesses(recording);
  if (known.some((process) => process.pid === pid)) return;
  const names = known.slice(0, 8).map((process) => `${process.pid} (${process.comm})`);
  throw errors.unknownPid({ pid, known: known.length > 8 ? [...names, `${known.length - 8} more`] : names });
};

const checkOp = (recording: Recording, op: string) => {
  const known = [...new Set(recording.totals().map((total) => total.op))];
  if (known.includes(op)) return;
  throw errors.unknownOp({ op, near: nearest(op, known), known: known.slice(0, 12) });
};

/** Checks a filter. Throws a UserError for a process, a call or a window that the recording does not have. */
export const filterOf = (recording: Recording, { pid, op, from, to, min_duration }: Wanted): Filter => {
  const window = windowOf(recording, from, to);
  if (pid !== undefined) checkPid(recording, pid);
  if (op !== undefined) checkOp(recording, op);
  return {
    ...(pid === undefined ? {} : { pid }),
    ...(op === undefined ? {} : { op }),
    ...(window === undefined ? {} : { window }),
    ...(min_duration === undefined ? {} : { minDuration: parseTime(min_duration) }),
  };
};
