// Keeps the recording that was asked last open for a moment, so that many calls in a row need not open it anew. Only one that
// nobody writes: a growing, replaced or touched file is opened as it is now, each time.
import { statSync } from 'node:fs';
import { openRecording } from '../store/open-recording.ts';
import type { Recording } from '../store/recording.ts';

/** How long it stays open after the last use. */
const IDLE_MS = 2_000;

type Kept = {
  readonly path: string;
  readonly mark: string;
  readonly recording: Recording;
  readonly timer: NodeJS.Timeout;
};
let kept: Kept | undefined;

/** What any change of a file changes; undefined while a log stands beside it (https://www.sqlite.org/wal.html): it is written. */
const markOf = (path: string): string | undefined => {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  if (log !== undefined && log.size > 0) return undefined;
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
};

const take = (path: string, mark: string | undefined): Recording | undefined => {
  if (kept === undefined || kept.path !== path) return undefined;
  const found = kept;
  kept = undefined;
  clearTimeout(found.timer);
  if (found.mark === mark) return found.recording;
  found.recording.close();
  return undefined;
};

const keep = (path: string, mark: string, recording: Recording): void => {
  if (kept !== undefined) {
    clearTimeout(kept.timer);
    kept.recording.close();
  }
  const timer = setTimeout(() => {
    kept = undefined;
    recording.close();
  }, IDLE_MS);
  // It is no reason to stay.
  timer.unref();
  kept = { path, mark, recording, timer };
};

/**
 * Reads the recording at that path. While `read` runs it is its own: a call within opens another. What was thrown closes it, and
 * is thrown on.
 */
export const readRecording = <T>(path: string, read: (recording: Recording) => T): T => {
  const mark = markOf(path);
  const recording = take(path, mark) ?? openRecording(path);
  let result: T;
  try {
    result = read(recording);
  } catch (thrown) {
    recording.close();
    throw thrown;
  }
  if (mark === undefined) recording.close();
  else keep(path, mark, recording);
  return result;
};
