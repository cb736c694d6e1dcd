// Which calls are worth explaining: those far above what their like usually take. Judges durations only, not why.
import type { BriefCall, LongCall, Recording, Siblings, Window } from '../../store/recording.ts';
import { type Baseline, createBaselines, kindKey, siblingsOf } from './baseline.ts';

/** Calls of one kind that are worth explaining. */
export type SlowCalls = {
  readonly kind: Siblings;
  readonly role: string;
  readonly baseline: Baseline;
  /** above: far above their own baseline; always: a call that should not wait takes this long each time; asked: usual. */
  readonly reason: 'above' | 'always' | 'asked';
  /** The longest of them, longest first. */
  readonly calls: readonly BriefCall[];
  /** Some of those that are not listed, evenly from first to last: the longest are often not like most. */
  readonly others?: readonly BriefCall[];
  /** All of them, also those that are not listed. */
  readonly count: number;
  readonly total_ns: number;
  /** Whether these are estimates, from some of very many calls. */
  readonly isEstimate?: boolean;
  /** Calls of the same kind that are nearest to the usual length, as far as those have rows above the floor. */
  readonly typical: readonly BriefCall[];
};

export type SlowCallFilter = {
  readonly window: Window;
  readonly pid?: number | undefined;
  readonly op?: string | undefined;
  readonly minDuration?: number | undefined;
};

/** Below this a call is never a symptom, in ns. */
export const FLOOR = 1e6;
const FACTOR = 2;
/** Calls of a kind that are kept. */
const KEPT = 48;
/** And those that stand for the rest. */
const KEPT_OTHERS = 16;
/** Calls of a kind that are explained although nothing is wrong with them. */
export const KEPT_USUAL = 3;
const KEPT_TYPICAL = 3;
/** Calls that only hand work over: they have no reason of their own to wait. */
export const HANDS_OVER: ReadonlySet<string> = new Set(['launch', 'event', 'query']);

/** Whether a call should return at once: it only hands work over, or says of itself that it does not wait. */
export const isQuick = (role: string, op: string): boolean =>
  HANDS_OVER.has(role) || ((role === 'copy' || role === 'fill') && op.includes('Async'));

/** Whether a duration is far above the usual one, both in ns: `factor` times it, and at least a millisecond more. */
export const isFarAbove = (duration: number, usual: number, factor = FACTOR): boolean =>
  duration >= Math.max(factor * usual, usual + FLOOR);

const longestFirst = (a: BriefCall, b: BriefCall) => b.duration_ns - a.duration_ns || a.id - b.id;

/** `every`: of so many calls that were seen one is in `some`; `count` and `total` are of all that those stand for. */
type Kept = {
  readonly calls: BriefCall[];
  readonly some: BriefCall[];
  every: number;
  seen: number;
  count: number;
  total: number;
};

const keep = (kept: Kept, call: LongCall, most: number) => {
  if (kept.seen % kept.every === 0) kept.some.push(call);
  if (kept.some.length > 2 * KEPT_OTHERS) {
    kept.some.splice(0, kept.some.length, ...kept.some.filter((_, i) => i % 2 === 0));
    kept.every *= 2;
  }
  kept.seen++;
  kept.count += call.stands;
  kept.total += call.stands * call.duration_ns;
  kept.calls.push(call);
  if (kept.calls.length >= 4 * most) kept.calls.sort(longestFirst).splice(most);
};

type Reason = SlowCalls['reason'];

type Collected = {
  readonly kind: Siblings;
  readonly role: string;
  readonly baseline: Baseline;
  readonly kept: Readonly<Record<Reason, Kept>>;
  readonly typical: BriefCall[];
};

/** Keeps the calls that are nearest to the usual length; of equally near ones the first. */
const keepTypical = (typical: BriefCall[], call: BriefCall, usual: number) => {
  const distance = ({ duration_ns }: BriefCall) => Math.abs(duration_ns - usual);
  const place = typical.findIndex((one) => distance(call) < distance(one));
  if (place === -1 && typical.length >= KEPT_TYPICAL) return;
  typical.splice(place === -1 ? typical.length : place, 0, call);
  typical.splice(KEPT_TYPICAL);
};

const nothing = (): Kept => ({ calls: [], some: [], every: 1, seen: 0, count: 0, total: 0 });

const reasonOf = (duration: number, role: string, baseline: Baseline): Reason => {
  if (isFarAbove(duration, baseline.usual_ns)) return 'above';
  return HANDS_OVER.has(role) && baseline.of !== 'none' && baseline.usual_ns >= FLOOR ? 'always' : 'asked';
};

const excessOf = ({ total_ns, count, baseline, reason }: SlowCalls): number =>
  reason === 'above' ? total_ns - count * baseline.usual_ns : total_ns;
const firstId = ({ calls }: SlowCalls): number => calls[0]?.id ?? 0;

const listed = (
  { kind, role, baseline, kept, typical }: Collected,
  reason: Reason,
  most: number,
  isPart: boolean,
): readonly SlowCalls[] => {
  const { calls, some, seen, count, total } = kept[reason];
  if (count === 0) return [];
  const longest = calls.toSorted(longestFirst).slice(0, most);
  const ids = new Set(longest.map(({ id }) => id));
  const others = reason === 'asked' ? [] : some.filter(({ id }) => !ids.has(id)).slice(0, 2 * KEPT_OTHERS);
  return [
    {
      ...{ kind, role, baseline, reason, calls: longest, others, typical },
      ...{ count: Math.round(count), total_ns: Math.round(total), isEstimate: isPart || count !== seen },
    },
  ];
};

/**
 * Calls worth explaining, by kind, most time above the usual first; `usual` are the longest that are not. A call inside
 * another probed call is part of that one and left out, unless its operation is asked for. `isPart`: not all rows were read.
 */
export const slowCalls = (
  recording: Recording,
  { window, pid, op, minDuration = FLOOR }: SlowCallFilter,
): { readonly slow: readonly SlowCalls[]; readonly usual: readonly SlowCalls[]; readonly isPart: boolean } => {
  const baselineOf = createBaselines(recording);
  const collected = new Map<string, Collected>();
  // Shorter calls than those that are asked for tell what is typical.
  const floor = Math.min(minDuration, FLOOR);
  const wanted = {
    window,
    minDuration: floor,
    ...(pid === undefined ? {} : { pid }),
    ...(op === undefined ? {} : { op }),
  };
  const { calls, isPart } = recording.longCalls(wanted);
  for (const call of calls) {
    if (call.depth > 0 && op === undefined) continue;
    const kind = siblingsOf(call);
    const key = kindKey(kind);
    const entry = collected.get(key) ?? {
      kind,
      role: call.role,
      baseline: baselineOf(kind, isQuick(call.role, call.op)),
      kept: { above: nothing(), always: nothing(), asked: nothing() },
      typical: [],
    };
    collected.set(key, entry);
    const reason = reasonOf(call.duration_ns, call.role, entry.baseline);
    if (reason === 'asked' && entry.baseline.of !== 'none') keepTypical(entry.typical, call, entry.baseline.usual_ns);
    if (call.duration_ns < minDuration) continue;
    keep(entry.kept[reason], call, reason === 'asked' ? KEPT_USUAL : KEPT);
  }
  const mostFirst = (a: SlowCalls, b: SlowCalls) => excessOf(b) - excessOf(a) || firstId(a) - firstId(b);
  const entries = [...collected.values()];
  return {
    slow: entries
      .flatMap((entry) => [...listed(entry, 'above', KEPT, isPart), ...listed(entry, 'always', KEPT, isPart)])
      .sort(mostFirst),
    usual: entries.flatMap((entry) => listed(entry, 'asked', KEPT_USUAL, isPart)).sort(mostFirst),
    isPart,
  };
};
