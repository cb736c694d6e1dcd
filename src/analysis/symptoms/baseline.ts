// What a call of one kind usually takes: a low quantile of calls with the same function and size class, since an incident
// may have made most of them slow; or the median of the operation.
import type { BriefCall, Durations, Recording, Siblings } from '../../store/recording.ts';

export type Baseline = {
  /** Usual duration in ns; 0 when there is nothing to compare with. */
  readonly usual_ns: number;
  /** The middle of the same calls in ns; above the usual where many are slow. */
  readonly median_ns: number;
  /** Which quantile the usual is. */
  readonly at: 'tenth' | 'quarter' | 'median';
  /** siblings: same function and size class; op: all calls of the operation in the process; none: too few calls. */
  readonly of: 'siblings' | 'op' | 'none';
  /** Number of calls it is taken from: rows, however many others each stands for. */
  readonly calls: number;
};

/** Calls that the baseline of siblings needs, and that one of all calls of an operation needs. */
const ENOUGH_SIBLINGS = 5;
const ENOUGH_CALLS = 3;
/** Of fewer calls than this the quarter would be the shortest or second shortest, which may be an exception itself. */
const ENOUGH_FOR_QUARTER = 8;
/** The same for the tenth. */
const ENOUGH_FOR_TENTH = 20;
/** Kinds of call whose siblings are read; after that the operation's totals, which cost nothing, must do. */
const MOST_KINDS = 64;

/** The kind of a call: sizes are of one class when they have the same power of two. */
export const siblingsOf = ({ pid, op, fn, bytes }: BriefCall): Siblings => {
  const from = bytes === null || bytes < 1 ? null : 2 ** Math.floor(Math.log2(bytes));
  return { pid, op, fn, bytes: from === null ? null : { from, to: from * 2 } };
};

/** A text that is the same for calls of one kind. */
export const kindKey = ({ pid, op, fn, bytes }: Siblings): string => `${pid} ${op} ${fn ?? '-'} ${bytes?.from ?? '-'}`;

const inOrder = ({ durations }: Durations): Durations => ({ durations: durations.toSorted((a, b) => a - b) });

/** In the order of their duration, each with its weight. */
const weightedInOrder = ({ durations, weights = [] }: Durations): Durations => {
  const order = durations.map((_, i) => i).sort((a, b) => (durations[a] ?? 0) - (durations[b] ?? 0));
  return { durations: order.map((i) => durations[i] ?? 0), weights: order.map((i) => weights[i] ?? 1) };
};

/** The duration of the call with so many quicker ones, of durations in order. */
const durationAt = ({ durations, weights }: Durations, place: number): number => {
  if (weights === undefined) return durations[place] ?? 0;
  let calls = 0;
  const row = weights.findIndex((weight) => {
    calls += weight;
    return calls > place;
  });
  return durations[row] ?? 0;
};

/** Lower quantiles: durations that occurred. What should not wait at all is held against the quickest tenth of its like. */
const usualOf = (found: Durations, isQuick: boolean): Pick<Baseline, 'usual_ns' | 'median_ns' | 'at'> => {
  const sorted = found.weights === undefined ? inOrder(found) : weightedInOrder(found);
  const rows = sorted.durations.length;
  const calls = sorted.weights?.reduce((sum, weight) => sum + weight, 0) ?? rows;
  const quantile = (part: number) => durationAt(sorted, Math.floor((calls - 1) / part));
  const median_ns = quantile(2);
  if (rows < ENOUGH_FOR_QUARTER) return { usual_ns: median_ns, median_ns, at: 'median' };
  if (isQuick && rows >= ENOUGH_FOR_TENTH) return { usual_ns: quantile(10), median_ns, at: 'tenth' };
  return { usual_ns: quantile(4), median_ns, at: 'quarter' };
};

/** Baselines of a recording, each worked out once. */
export const createBaselines = (recording: Recording) => {
  const known = new Map<string, Baseline>();
  const totals = new Map(recording.totals().map((total) => [`${total.pid} ${total.op}`, total]));

  const workOut = (kind: Siblings, isQuick: boolean): Baseline => {
    const total = totals.get(`${kind.pid} ${kind.op}`);
    const apart = kind.fn !== null || kind.bytes !== null;
    const few = total === undefined || total.count < ENOUGH_CALLS;
    if (few) return { usual_ns: 0, median_ns: 0, at: 'median', of: 'none', calls: total?.count ?? 0 };
    if (known.size < MOST_KINDS) {
      const found = recording.siblingDurations(kind);
      const calls = found.durations.length;
      const enough = apart ? ENOUGH_SIBLINGS : ENOUGH_CALLS;
      if (calls >= enough) return { ...usualOf(found, isQuick), of: 'siblings', calls };
    }
    return { usual_ns: total.p50_ns, median_ns: total.p50_ns, at: 'median', of: 'op', calls: total.count };
  };

  /** `isQuick`: whether such a call should return at once. */
  return (kind: Siblings, isQuick = false): Baseline => {
    const key = kindKey(kind);
    const found = known.get(key);
    if (found !== undefined) return found;
    const baseline = workOut(kind, isQuick);
    known.set(key, baseline);
    return baseline;
  };
};
