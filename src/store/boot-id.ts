// Which boot of the machine this is: what CLOCK_MONOTONIC counts from, so that times of two files can be laid side by side.
import { readFileSync } from 'node:fs';

/** The id of this boot: random(4). Empty where the kernel does not tell. */
export const bootId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
};
