// The version of the running kernel, and the oldest one that whytrace runs on. What newer ones add is in abilities.ts.
import { release } from 'node:os';
import { errors } from './errors.ts';

/** Attach cookies came with it, and `task_struct.__state` shortly before. */
export const OLDEST_KERNEL = '5.15';

const numbersOf = (version: string) => version.split('.').map((part) => Number.parseInt(part, 10));

/** Whether a kernel, the running one unless told, is of this version ("5.15") or a later one. */
export const isAtLeast = (version: string, running = release()): boolean => {
  const [major = 0, minor = 0] = numbersOf(running);
  const [wantedMajor = 0, wantedMinor = 0] = numbersOf(version);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
};

/** Throws `kernel_too_old` where programs for this kernel cannot be loaded. */
export const requireKernel = (running = release()): void => {
  if (!isAtLeast(OLDEST_KERNEL, running)) throw errors.kernelTooOld({ running, oldest: OLDEST_KERNEL });
};
