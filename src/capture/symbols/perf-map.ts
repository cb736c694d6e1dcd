// Names that a just-in-time compiler wrote down for its code: /tmp/perf-PID.map, one "START SIZE NAME" a line, the numbers
// in hexadecimal. The file grows while the program runs; only what is new is read. Must not know of maps or ELF.
// Format: tools/perf/Documentation/jit-interface.txt of Linux.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** Grows with the file; `find` answers from what `update` has read, also after the process is gone. */
export type PerfMap = {
  /** Reads what was appended since the last time. A missing or foreign file changes nothing. */
  update: () => void;
  find: (address: number) => { start: number; name: string } | undefined;
};

type Entry = { start: number; end: number; name: string };

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_NAME = 1000;
const LINE = /^(?:0x)?([0-9a-f]+) (?:0x)?([0-9a-f]+) (.+)$/i;
/** Between two looks at a file for a name that it does not have. */
const AGAIN_MS = 200;
const STEP = 1024 * 1024;

const parseLine = (line: string): Entry | undefined => {
  const match = LINE.exec(line);
  const start = parseInt(match?.[1] ?? '', 16);
  const end = start + parseInt(match?.[2] ?? '', 16);
  return Number.isSafeInteger(end) ? { start, end, name: (match?.[3] ?? '').slice(0, MAX_NAME) } : undefined;
};

/**
 * The names in the file at `path`, believed only if it is a regular file of `uid` or root (as Linux perf does: anyone may
 * put a file into /tmp). At most 64 MB of it are read.
 */
export const openPerfMap = (path: string, uid: number): PerfMap => {
  let readTo = 0;
  let rest = '';
  let sorted: Entry[] | undefined;
  let updated = 0;
  const byStart = new Map<number, Entry>();

  const take = (text: string): void => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_NAME * 4) rest = '';
    for (const line of lines) {
      const entry = parseLine(line);
      if (!entry) continue;
      // A compiler reuses the room of dropped code: the later line holds.
      byStart.delete(entry.start);
      byStart.set(entry.start, entry);
      sorted = undefined;
    }
  };

  const update = (): void => {
    updated = performance.now();
    let fd = -1;
    try {
      fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
      const stat = fstatSync(fd);
      if (!stat.isFile() || (stat.uid !== uid && stat.uid !== 0)) return;
      const end = Math.min(stat.size, MAX_BYTES);
      const bytes = Buffer.alloc(Math.min(STEP, Math.max(0, end - readTo)));
      while (readTo < end) {
        const got = readSync(fd, bytes, 0, Math.min(bytes.length, end - readTo), readTo);
        if (got === 0) break;
        readTo += got;
        take(bytes.toString('latin1', 0, got));
      }
    } catch {
      // No such file: the usual case, most processes have none.
    } finally {
      if (fd >= 0) closeSync(fd);
    }
  };

  const nearest = (address: number): Entry | undefined => {
    sorted ??= [...byStart.values()].sort((a, b) => a.start - b.start);
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle]?.start ?? 0) <= address) low = middle + 1;
      else high = middle;
    }
    const found = sorted[low - 1];
    return found && address < found.end ? found : undefined;
  };

  const find = (address: number): { start: number; name: string } | undefined => {
    let found = nearest(address);
    // A compiler goes on writing.
    if (!found && performance.now() - updated > AGAIN_MS) {
      update();
      found = nearest(address);
    }
    return found && { start: found.start, name: Buffer.from(found.name, 'latin1').toString('utf8') };
  };

  return { update, find };
};
