// Watches a recorder from outside, as whoever runs it would: its memory, its descriptors, its file, and how far what others can
// read lies behind. Knows a process and a file, not what is claimed of them.
import { readdirSync, statSync } from 'node:fs';
import { openRecording } from '../src/store/open-recording.ts';
import type { Recording } from '../src/store/recording.ts';
import { memoryOf } from './idle.ts';

export type Look = {
  /** Since the recording began. */
  readonly s: number;
  /** Own memory, and all that it has in memory. */
  readonly own_mb: number;
  readonly rss_mb: number;
  readonly fds: number;
  readonly file_mb: number;
  readonly log_mb: number;
  /** Age of the newest call that others can read, and of the oldest. */
  readonly behind_ms: number;
  readonly oldest_s: number;
};

const MB = 1e6;
const megabytes = (path: string): number => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) / MB;

/** A time of CLOCK_MONOTONIC in ns, as one of a recording. */
export const timeIn = ({ facts }: Recording, monotonic: number): number =>
  monotonic - Number(facts.get('started_monotonic_ns'));

/** What is seen now; undefined while there is no file with calls, or no recorder any more. */
export const look = (pid: number, path: string): Look | undefined => {
  let recording: Recording;
  try {
    recording = openRecording(path);
  } catch {
    return undefined;
  }
  try {
    const startOf = (order: string) =>
      recording.database.prepare(`SELECT start_ns FROM call ORDER BY id ${order} LIMIT 1`).get()?.start_ns;
    const [newest, oldest] = [startOf('DESC'), startOf('')];
    if (typeof newest !== 'number' || typeof oldest !== 'number') return undefined;
    // As the kernel side, Node takes its time from CLOCK_MONOTONIC.
    const now = timeIn(recording, Number(process.hrtime.bigint()));
    const { all, own } = memoryOf(pid);
    if (!Number.isFinite(all)) return undefined;
    return {
      ...{ s: now / 1e9, own_mb: own, rss_mb: all, fds: readdirSync(`/proc/${pid}/fd`).length },
      ...{ file_mb: megabytes(path), log_mb: megabytes(`${path}-wal`) },
      ...{ behind_ms: (now - newest) / 1e6, oldest_s: (now - oldest) / 1e9 },
    };
  } catch {
    // It ended meanwhile.
    return undefined;
  } finally {
    recording.close();
  }
};

/** The slope of a line through points, by least squares. */
export const slopeOf = (points: readonly (readonly [x: number, y: number])[]): number => {
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const [x, y] = [mean(points.map(([px]) => px)), mean(points.map(([, py]) => py))];
  const above = points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0);
  const below = points.reduce((sum, [px]) => sum + (px - x) ** 2, 0);
  return below === 0 ? 0 : above / below;
};

/** How much more values are in their last third than in their first, by the medians: single peaks move neither. */
export const growthOf = (values: readonly number[]): number => {
  const third = Math.ceil(values.length / 3);
  const median = (part: readonly number[]) => part.toSorted((a, b) => a - b)[part.length >> 1] ?? Number.NaN;
  return median(values.slice(-third)) - median(values.slice(0, third));
};
