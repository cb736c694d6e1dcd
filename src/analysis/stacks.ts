// From where calls were made: the user stacks of slow and sampled calls, grouped. Reads only calls that have a stack.
import { cleanText } from '../base/sanitize.ts';
import type { Recording } from '../store/recording.ts';

export type StackGroup = {
  readonly op: string;
  readonly pid: number;
  readonly comm: string;
  /** Calls with this stack. */
  readonly count: number;
  readonly total_ns: number;
  readonly longest_ns: number;
  /** Part of the time of all calls that matched and have a stack. */
  readonly share: number;
  /** Functions, the caller of the traced call first. */
  readonly frames: readonly string[];
  /** The longest of these calls, as "calls:ID". */
  readonly example: string;
};

export type StackGroups = {
  /** Most time first. */
  readonly groups: readonly StackGroup[];
  readonly groups_total: number;
  /** Calls that matched and have a stack. */
  readonly calls: number;
  readonly total_ns: number;
};

export type StacksFilter = {
  readonly op?: string;
  readonly pid?: number;
  /** Only the stack of this call: calls.id. */
  readonly eventId?: number;
  readonly limit: number;
};

const FRAME_LENGTH = 160;

/** Groups by (operation, process, stack). Stacks are those of slow calls and of a sample, so shares are of these calls. */
export const stackGroups = (recording: Recording, filter: StacksFilter): StackGroups => {
  const sums = recording.stackSums(filter);
  const total = sums.reduce((sum, { total_ns }) => sum + total_ns, 0);
  const ranked = [...sums].sort((a, b) => b.total_ns - a.total_ns || a.longest_id - b.longest_id);
  return {
    groups: ranked.slice(0, filter.limit).map((sum) => ({
      op: sum.op,
      pid: sum.pid,
      comm: cleanText(sum.comm, 16),
      count: sum.count,
      total_ns: sum.total_ns,
      longest_ns: sum.longest_ns,
      share: total === 0 ? 0 : Math.round((sum.total_ns / total) * 1e4) / 1e4,
      frames: recording.framesOf(sum.stack).map((name) => cleanText(name, FRAME_LENGTH)),
      example: `calls:${sum.longest_id}`,
    })),
    groups_total: sums.length,
    calls: sums.reduce((sum, { count }) => sum + count, 0),
    total_ns: total,
  };
};
