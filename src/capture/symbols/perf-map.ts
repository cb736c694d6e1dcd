// Names that a just-in-time compiler wrote down for its code: /tmp/perf-PID.map, one "START SIZE NAME" a line, the numbers
// in hexadecimal. The file grows while the program runs; only what is new is read. Must not know of maps or ELF.
// Format: tools/perf/Documentation/jit-interface.txt of Linux.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { createPerfNames, type PerfNamesLimits } from './perf-names.ts';

/** Grows with the file; `find` answers from what `update` has read, also after the process is gone. */
export type PerfMap = {
  /** Reads what was appended since the last time. A missing or foreign file changes nothing. */
  update: () => void;
  find: (address: number) => { start: number; name: string } | undefined;
  /** Whether there were more names than are kept. */
  isCut: () => boolean;
  memoryBytes: () => number;
};

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_NAME = 1000;
const LINE = /^(?:0x)?([0-9a-f]+) (?:0x)?([0-9a-f]+) (.+)$/i;
/** Between two looks at a file for a name that it does not have. */
const AGAIN_MS = 200;
const STEP = 1024 * 1024;
/** What one such look reads at most. */
const AGAIN_BYTES = 4 * STEP;

/**
 * The names in the file at `path`, believed only if it is a regular file of `uid` or root (as Linux perf does: anyone may
 * put a file into /tmp). At most 64 MB of it are read, and 500,000 names of 16 MB kept: those that were there first.
 */
export const openPerfMap = (path: string, uid: number, limits?: PerfNamesLimits): PerfMap => {
  const names = createPerfNames(limits);
  let readTo = 0;
  let isLong = false;
  let rest = '';
  let updated = 0;

  const takeLine = (line: string): void => {
    const match = LINE.exec(line);
    const start = parseInt(match?.[1] ?? '', 16);
    const end = start + parseInt(match?.[2] ?? '', 16);
    if (Number.isSafeInteger(end))
      names.add(start, end, Buffer.from((match?.[3] ?? '').slice(0, MAX_NAME), 'latin1').toString('utf8'));
  };

  const take = (text: string): void => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_NAME * 4) rest = '';
    for (const line of lines) {
      if (names.isFull()) return;
      takeLine(line);
    }
  };

  const readUpTo = (most: number): void => {
    updated = performance.now();
    let fd = -1;
    try {
      fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
      const stat = fstatSync(fd);
      if (!stat.isFile() || (stat.uid !== uid && stat.uid !== 0)) return;
      isLong = stat.size > MAX_BYTES;
      const end = Math.min(stat.size, MAX_BYTES, readTo + most);
      const bytes = Buffer.alloc(Math.min(STEP, Math.max(0, end - readTo)));
      while (readTo < end && !names.isFull()) {
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

  const find = (address: number): { start: number; name: string } | undefined => {
    const found = names.find(address);
    // A compiler goes on writing.
    if (found || names.isFull() || performance.now() - updated <= AGAIN_MS) return found;
    readUpTo(AGAIN_BYTES);
    return names.find(address);
  };

  return {
    update: () => readUpTo(MAX_BYTES),
    find,
    isCut: () => isLong || names.isFull(),
    memoryBytes: names.memoryBytes,
  };
};
