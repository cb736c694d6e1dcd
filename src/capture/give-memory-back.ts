// Gives the system back what this thread does not need any more: garbage of its JavaScript that nobody has looked for yet, and
// what the C library keeps for later of what was freed. Must not know what it was for.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { System } from './libbpf.ts';

let collect: unknown;

/**
 * Node has no way to ask for it but this flag, which makes `gc` a global of contexts that are made from then on. It stays set: it is that
 * of all threads, and another may be here at the same time.
 */
const collector = (): unknown => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('globalThis.gc');
};

/** Takes some 20 ms. For moments in which nothing waits for this thread. */
export const giveMemoryBack = (system: Pick<System, 'trimHeap'>): void => {
  collect ??= collector();
  if (typeof collect === 'function') collect();
  system.trimHeap();
};
