// Which losses explain that a recording's totals have more calls than it has rows. Knows names of losses, and no file.
import type { LossName } from '../../src/catalogue/losses.ts';

const REASONS: ReadonlySet<string> = new Set<LossName>(['call_pruned', 'ring_full_call', 'shed_call']);

/** Calls that totals have and that are stated to have no row. `losses`: reason and count, of a recording made here. */
export const callsWithoutRow = (losses: Iterable<readonly [reason: string, count: number]>): number => {
  let sum = 0;
  for (const [reason, count] of losses) if (REASONS.has(reason)) sum += count;
  return sum;
};
