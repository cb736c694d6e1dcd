// Names of files that a process has open or mapped, by what the kernel said of them (descriptor, device, inode). Asks
// only /proc, never the file system that the file is on: that one may hang. Must not know why a file is of interest.
// Formats: proc_pid_fdinfo(5) (`ino` since Linux 5.14), proc_pid_maps(5).

import { readlinkSync, statSync } from 'node:fs';
import { UserError } from '../base/errors.ts';
import { cleanText } from '../base/sanitize.ts';
import { parseMaps } from './maps.ts';
import { readProcText } from './process-info.ts';

const MAX_NAME = 4096;

const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof UserError || (thrown instanceof Error && 'code' in thrown)) return undefined;
    throw thrown;
  }
};

const inodeOf = (pid: number, descriptor: number): number | undefined => {
  const told = /^ino:\s*(\d+)$/m.exec(readProcText(pid, `fdinfo/${descriptor}`) ?? '')?.[1];
  return told === undefined ? statSync(`/proc/${pid}/fd/${descriptor}`).ino : Number(told);
};

/**
 * What descriptor `descriptor` of a process leads to, if that still is the file with this inode number: a path as the
 * process sees it (`/tmp/x`, ` (deleted)` after it where it is), `pipe:[12]`, `socket:[12]`, `anon_inode:[eventpoll]`.
 * Undefined when the process is gone or not ours to look into, or the descriptor leads elsewhere by now.
 */
export const descriptorName = (pid: number, descriptor: number, inode: number): string | undefined =>
  attempt(() => {
    const link = `/proc/${pid}/fd/${descriptor}`;
    const name = readlinkSync(link);
    // Between the name and the number another file may have taken the descriptor: the name must stand after it too.
    const isIt = inodeOf(pid, descriptor) === inode && readlinkSync(link) === name;
    return isIt ? cleanText(name, MAX_NAME) : undefined;
  });

/**
 * Path, as the process sees it, of the file that it has mapped from this device (major << 20 | minor, as the kernel has
 * it) with this inode number. Undefined when it has none, is gone, or is not ours to look into.
 */
export const mappedName = (pid: number, { device, inode }: { device: number; inode: number }): string | undefined => {
  const wanted = `${Math.floor(device / 2 ** 20)}:${device % 2 ** 20}`;
  const decimal = (text: string): string =>
    text
      .split(':')
      .map((part) => parseInt(part, 16))
      .join(':');
  const found = parseMaps(attempt(() => readProcText(pid, 'maps')) ?? '').find(
    (mapping) => Number(mapping.inode) === inode && inode !== 0 && decimal(mapping.device) === wanted,
  );
  if (found?.path === undefined) return undefined;
  return cleanText(found.deleted ? `${found.path} (deleted)` : found.path, MAX_NAME);
};
