// Reads several rings as if they were one: a step reads no more events in all than it is told, however many CPUs there are,
// and each ring is the first in its turn.
import type { EventHandler, Ring } from './ring.ts';

/** Hands over up to `limit` events of all rings together. Returns how many there were. */
export type DrainRings = (handle: EventHandler, limit: number) => number;

/** Reads rings in turn. */
export const drainInTurn = (rings: readonly Pick<Ring, 'drain'>[]): DrainRings => {
  let first = 0;
  return (handle, limit) => {
    let left = limit;
    for (let i = 0; i < rings.length && left > 0; i++)
      left -= rings[(first + i) % rings.length]?.drain(handle, left) ?? 0;
    first = (first + 1) % rings.length;
    return limit - left;
  };
};
