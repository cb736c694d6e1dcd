// What a call of one kind usually takes: the median of calls with the same function and size class, or of the operation.
import type { BriefCall, Recording, Siblings } from '../../store/recording.ts';

export type Baseline = {
  /** Usual duration in ns; 0 when there is nothing to compare with. */
  readonly usual_ns: number;
  /** siblings: same function and size class; op: all calls of the operation in the process; none: too few calls. */
  readonly of: 'siblings' | 'op' | 'none';
  /** Number of calls it is taken from. */
  readonly calls: number;
};

/** Calls that a median of siblings needs, and that one of all calls of an operation needs. */
const ENOUGH_SIBLINGS = 5;
const ENOUGH_CALLS = 3;
/** Kinds of call whose siblings are read; after that the operation's totals, which cost nothing, must do. */
const MOST_KINDS = 64;

/** The kind of a call: sizes are of one class when they have the same power of two. */
export const siblingsOf = ({ pid, op, fn, bytes }: BriefCall): Siblings => {
  const from = bytes === null || bytes < 1 ? null : 2 ** Math.floor(Math.log2(bytes));
  return { pid, op, fn, bytes: from === null ? null : { from, to: from * 2 } };
};

/** A text that is the same for calls of one kind. */
export const kindKey = ({ pid, op, fn, bytes }: Siblings): string => `${pid} ${op} ${fn ?? '-'} ${bytes?.from ?? '-'}`;

/** Lower median: a duration that occurred. */
const median = (durations: readonly number[]): number =>
  durations.toSorted((a, b) => a - b)[Math.floor((durations.length - 1) / 2)] ?? 0;

/** Baselines of a recording, each worked out once. */
export const createBaselines = (recording: Recording) => {
  const known = new Map<string, Baseline>();
  const totals = new Map(recording.totals().map((total) => [`${total.pid} ${total.op}`, total]));

  const workOut = (kind: Siblings): Baseline => {
    const total = totals.get(`${kind.pid} ${kind.op}`);
    const apart = kind.fn !== null || kind.bytes !== null;
    const few = total === undefined || total.count < ENOUGH_CALLS;
    if (few) return { usual_ns: 0, of: 'none', calls: total?.count ?? 0 };
    // A small number of calls is read exactly: a histogram's median lies between the middle two, which may be far apart.
    if ((apart || total.count < 100) && known.size < MOST_KINDS) {
      const durations = recording.siblingDurations(kind);
      const enough = apart ? ENOUGH_SIBLINGS : ENOUGH_CALLS;
      if (durations.length >= enough) return { usual_ns: median(durations), of: 'siblings', calls: durations.length };
    }
    return { usual_ns: total.p50_ns, of: 'op', calls: total.count };
  };

  return (kind: Siblings): Baseline => {
    const key = kindKey(kind);
    const found = known.get(key);
    if (found !== undefined) return found;
    const baseline = workOut(kind);
    known.set(key, baseline);
    return baseline;
  };
};
