// Compares calls: which operations got slower or faster, more or less frequent. Calls of one kind are compared with their
// like: same process name, operation, and size class or function.
import { bytesText, countText, durationText, shareText } from '../../base/units.ts';
import type { WindowCall } from '../../store/read-window.ts';
import { commText } from '../words/cause.ts';
import { chanceOf, differs, ENOUGH, meanOf, medianOf } from './differ.ts';
import type { CallDifference, CallFigures, Found } from './difference.ts';
import { lengthOf, type Side } from './side.ts';

/** Calls of one kind in one slice. */
type InSlice = { count: number; total: number; durations: number[] };
type Kind = {
  readonly pid: number;
  readonly comm: string;
  readonly op: string;
  readonly of: string;
  readonly slices: InSlice[];
  count: number;
  durations: number[];
  longest: readonly WindowCall[];
};

/** Durations that are kept of a kind and slice. */
const KEPT = 2_000;
const LONGEST = 2;
/** Calls of a slice from which a middle, and a 95th percentile, is taken. */
const FOR_MIDDLE = 3;
const FOR_HIGH = 20;
/** The least that matters: as a share of wall time, and against the value before. */
const LEAST_EFFECT = 0.005;
const LEAST_CHANGE = 0.15;
/** A rate that changed like that of all calls of the process is no news. */
const LIKE_ALL = 0.15;
/** Code of a program is moved by whole pages: the place in the page is the same in each run. */
const PAGE = 4096;

const classOf = ({ bytes, fn }: WindowCall): string => {
  if (fn !== null)
    return `function at ...${Math.abs(fn % PAGE)
      .toString(16)
      .padStart(3, '0')}`;
  return bytes === null || bytes < 1 ? '' : `about ${bytesText(2 ** Math.floor(Math.log2(bytes)))}`;
};

/** The value below which `share` of the durations lie. Needs them in order. */
const quantileOf = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;

const kindsOf = ({ slices, nameOf }: Side): ReadonlyMap<string, Kind> => {
  const kinds = new Map<string, Kind>();
  const empty = () => slices.map((): InSlice => ({ count: 0, total: 0, durations: [] }));
  for (const [i, { calls }] of slices.entries())
    for (const call of calls) {
      const of = classOf(call);
      const comm = nameOf(call.pid);
      const key = JSON.stringify([comm, call.op, of]);
      const known = kinds.get(key);
      const kind = known ?? {
        ...{ pid: call.pid, comm, op: call.op, of, slices: empty(), count: 0, durations: [], longest: [] },
      };
      if (known === undefined) kinds.set(key, kind);
      kind.count += call.weight;
      if (kind.longest.length < LONGEST || call.duration_ns > (kind.longest.at(-1)?.duration_ns ?? 0))
        kind.longest = [...kind.longest, call]
          .sort((a, b) => b.duration_ns - a.duration_ns || a.id - b.id)
          .slice(0, LONGEST);
      const slice = kind.slices[i];
      if (slice === undefined) continue;
      slice.count += call.weight;
      slice.total += call.weight * call.duration_ns;
      for (let n = call.weight; n > 0 && slice.durations.length < KEPT; n--) {
        slice.durations.push(call.duration_ns);
        kind.durations.push(call.duration_ns);
      }
    }
  return kinds;
};

const perSlice = (
  side: Side,
  kind: Kind | undefined,
  of: (slice: InSlice, length: number) => number,
): readonly number[] =>
  side.slices.map(({ window }, i) => {
    const slice = kind?.slices[i];
    return slice === undefined ? 0 : of(slice, lengthOf(window));
  });

const middles = (kind: Kind, least: number, share: number): readonly number[] =>
  kind.slices
    .filter(({ durations }) => durations.length >= least)
    .map(({ durations }) =>
      quantileOf(
        durations.toSorted((a, b) => a - b),
        share,
      ),
    );

/** Whether calls of a kind take longer or shorter; of a rare kind call by call. */
const durationsDiffer = (a: Kind, b: Kind): boolean => {
  const inSlices = ([least, share]: readonly [number, number]) => {
    const [before, after] = [middles(a, least, share), middles(b, least, share)];
    return changed(medianOf(before), medianOf(after)) && differs(before, after);
  };
  const means = [a, b].map((kind) =>
    kind.slices.filter(({ count }) => count > 0).map(({ total, count }) => total / count),
  );
  const [before = [], after = []] = means;
  if (before.length >= ENOUGH && after.length >= ENOUGH)
    return (
      [[FOR_MIDDLE, 0.5] as const, [FOR_HIGH, 0.95] as const].some(inSlices) ||
      (changed(meanOf(before), meanOf(after)) && differs(before, after))
    );
  return differs(a.durations, b.durations) && chanceOf(a.durations, b.durations) < 0.01;
};

const changed = (before: number, after: number): boolean =>
  Math.abs(after - before) >= LEAST_CHANGE * Math.max(1e-9, Math.min(before, after));

const nothing: CallFigures = { per_second: 0, share: 0, count: 0, p50_ns: 0, p95_ns: 0 };
const round = (value: number, digits: number): number => Number(value.toFixed(digits));

const figuresOf = (side: Side, kind: Kind | undefined): CallFigures => {
  if (kind === undefined) return nothing;
  const sorted = kind.durations.toSorted((a, b) => a - b);
  return {
    per_second: round(1e9 * meanOf(perSlice(side, kind, ({ count }, length) => count / length)), 2),
    share: round(meanOf(perSlice(side, kind, ({ total }, length) => total / length)), 4),
    count: Math.round(kind.count),
    p50_ns: quantileOf(sorted, 0.5),
    p95_ns: quantileOf(sorted, 0.95),
  };
};

/** The mean of a call, in ns. */
const meanCall = ({ share, per_second }: CallFigures): number => (per_second === 0 ? 0 : (share * 1e9) / per_second);

const verbs: Readonly<Record<CallDifference['change'], string>> = {
  slower: 'got slower',
  faster: 'got faster',
  more: 'is called more often',
  fewer: 'is called less often',
  new: 'is new',
  gone: 'is gone',
};

const summaryOf = ({ op, of, comm, change, before, after }: Omit<CallDifference, 'summary'>): string => {
  const what = `${op}${of === '' ? '' : ` (${of})`} of ${commText(comm)} ${verbs[change]}`;
  if (change === 'new' || change === 'gone') {
    const there = change === 'new' ? after : before;
    return `${what}: ${countText(there.count, 'call')}, ${shareText(there.share)} of the time`;
  }
  if (change === 'more' || change === 'fewer')
    return `${what}: ${after.per_second} instead of ${before.per_second} a second`;
  return `${what}: ${durationText(after.p50_ns)} instead of ${durationText(before.p50_ns)} in the middle, 95 % below ${durationText(after.p95_ns)} instead of ${durationText(before.p95_ns)}`;
};

const changeOf = (a: Kind | undefined, b: Kind | undefined, before: CallFigures, after: CallFigures, all: number) => {
  if (a === undefined) return 'new' as const;
  if (b === undefined) return 'gone' as const;
  if (durationsDiffer(a, b)) return meanCall(after) > meanCall(before) ? ('slower' as const) : ('faster' as const);
  const ratio = after.per_second / Math.max(1e-9, before.per_second);
  if (all > 0 && Math.abs(ratio / all - 1) < LIKE_ALL) return undefined;
  return ratio > 1 ? ('more' as const) : ('fewer' as const);
};

/** Share of wall time that the change is: by the length of a call, or by their number. */
const effectOf = (change: CallDifference['change'], before: CallFigures, after: CallFigures): number => {
  const isLonger = meanCall(after) > meanCall(before);
  const rate = isLonger ? after.per_second : before.per_second;
  if (change === 'slower' || change === 'faster') return (Math.abs(meanCall(after) - meanCall(before)) * rate) / 1e9;
  return Math.abs(after.share - before.share);
};

/** `ratioOf`: calls per second of a process by its name, after against before; 0 where that cannot be said. */
export const compareCalls = (before: Side, after: Side, ratioOf: (comm: string) => number): Found<CallDifference> => {
  const [were, are] = [kindsOf(before), kindsOf(after)];
  const keys = [...new Set([...were.keys(), ...are.keys()])].sort();
  const differences = keys.flatMap((key): CallDifference[] => {
    const [a, b] = [were.get(key), are.get(key)];
    const kind = b ?? a;
    if (kind === undefined) return [];
    const [left, right] = [figuresOf(before, a), figuresOf(after, b)];
    const change = changeOf(a, b, left, right, ratioOf(kind.comm));
    if (change === undefined) return [];
    const effect = effectOf(change, left, right);
    if (effect < LEAST_EFFECT) return [];
    const rates = (side: Side, one: Kind | undefined) => perSlice(side, one, ({ count }, length) => count / length);
    const isRate = change !== 'slower' && change !== 'faster';
    if (isRate && !(changed(left.per_second, right.per_second) && differs(rates(before, a), rates(after, b))))
      return [];
    const more = effect > 0 && left.share > right.share ? a : b;
    const { pid, comm, op, of } = kind;
    const evidence = (more ?? kind).longest.map(({ id }) => `calls:${id}`);
    const found = { kind: 'calls' as const, ...{ pid, comm, op, of, change, effect: round(effect, 4), evidence } };
    const difference = { ...found, before: left, after: right };
    return [{ ...difference, summary: summaryOf(difference) }];
  });
  const same = keys.length - differences.length;
  return { differences, checked: `calls: ${countText(keys.length, 'kind')} compared, ${same} of them not different` };
};
