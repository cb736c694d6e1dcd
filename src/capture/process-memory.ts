// Reads the memory of another process through /proc/PID/mem. Must not know what lies there.
// A read never stops or changes the process; it needs the right to trace it (root, or its owner where the system allows).

import { closeSync, openSync, readSync } from 'node:fs';

/** `length` bytes at a user address, or undefined where they cannot all be read: not mapped, or the process is gone. */
export type ReadMemory = (address: number, length: number) => Buffer | undefined;

const MAX_USER_ADDRESS = 2 ** 52;

/**
 * Opens the memory of a process for the time that `look` runs. Undefined when the process is gone or this user may not
 * look into it. The memory is that of the program which ran when it was opened: after an exec every read gives undefined.
 */
export const lookIntoMemory = <T>(pid: number, look: (read: ReadMemory) => T): T | undefined => {
  let fd = -1;
  try {
    fd = openSync(`/proc/${pid}/mem`, 'r');
  } catch {
    return undefined;
  }
  const read: ReadMemory = (address, length) => {
    if (!(address > 0 && address + length < MAX_USER_ADDRESS)) return undefined;
    const bytes = Buffer.allocUnsafe(length);
    try {
      return readSync(fd, bytes, 0, length, address) === length ? bytes : undefined;
    } catch {
      return undefined;
    }
  };
  try {
    return look(read);
  } finally {
    closeSync(fd);
  }
};
