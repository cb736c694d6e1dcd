// From where in the code: calls, waits and CPU samples that have a stack, put together by process, what they are and their
// frames. Says how much of the time that is.
import { cleanText } from '../base/sanitize.ts';
import type { Stack, StackFilter, StackFrame, StackSource, StackSum } from '../store/read-stacks.ts';
import type { Recording } from '../store/recording.ts';
import { visibleFrames } from './visible-frames.ts';

export type StackGroup = {
  /** `cudaMalloc`, `wait: lock` or `on_cpu`. */
  readonly what: string;
  readonly pid: number;
  readonly comm: string;
  /** Calls, waits or samples that have these frames, a sampled stack counting for all that it stands for. */
  readonly count: number;
  /** Their rows: less than `count` where that is an estimate. */
  readonly rows: number;
  /** Time of what is counted. */
  readonly total_ns: number;
  /** Part of the `total_ns` of all groups of its source. */
  readonly share: number;
  /** 0 for samples. */
  readonly longest_ns: number;
  /** To be shown, the innermost first. */
  readonly frames: readonly StackFrame[];
  /** Whether the outermost frame was reached. */
  readonly complete: boolean;
  /** The longest row that was read, as "calls:ID", "waits:ID" or "cpu_samples:ID". */
  readonly example: string;
};

/** How much of what matched has a stack, by rows; `estimated`: of very many rows only some were counted. */
export type StackCoverage = {
  readonly of: StackSource;
  readonly count: number;
  readonly total_ns: number;
  readonly with_stack: number;
  readonly with_stack_ns: number;
  readonly estimated?: boolean;
};

export type StackGroups = {
  /** Most time first; of several sources the first of each, then the second of each and so on. */
  readonly groups: readonly StackGroup[];
  readonly coverage: readonly StackCoverage[];
  /** Samples a second of CPU time, 0 when none were taken. */
  readonly sample_hz: number;
};

export type StacksFilter = StackFilter & {
  readonly sources: readonly StackSource[];
  /** With the interpreter's own functions between Python frames. */
  readonly native: boolean;
};

/** Stacks whose frames are read at once. */
const AT_ONCE = 1_000;
const WHAT = 80;
const NAME = 16;

/** Samples a second of CPU time; 0 for a recording that has none. */
export const sampleRate = ({ facts }: Pick<Recording, 'facts'>): number => {
  const rate = Number(facts.get('sample_hz') ?? 0);
  return Number.isFinite(rate) && rate > 0 ? rate : 0;
};

/** What a sample stands for, in ns. */
const periodOf = (recording: Recording): number => 1e9 / (sampleRate(recording) || 1);
const NO_STACK: Stack = { frames: [], complete: false };

/** Calls from different places of one native function are one group; different lines of Python are not. */
const placeOf = ({ kind, name, module, offset, file, line }: StackFrame): readonly unknown[] =>
  name === null ? [kind, module, offset] : [kind, name, module, file, line];

type Unshared = Omit<StackGroup, 'share'>;

/** The groups of one source, most time first. */
const groupsOf = (recording: Recording, source: StackSource, filter: StacksFilter): readonly StackGroup[] => {
  const period = source === 'cpu_samples' ? periodOf(recording) : 0;
  const timeOf = (sum: StackSum): number => (source === 'cpu_samples' ? Math.round(sum.count * period) : sum.total_ns);
  const merged = new Map<string, Unshared>();
  const add = (sum: StackSum, stack: Stack): void => {
    const frames = visibleFrames(stack, filter.native);
    const key = JSON.stringify([sum.pid, sum.what, stack.complete, frames.map(placeOf)]);
    const before = merged.get(key);
    const longest =
      before === undefined || sum.longest_ns > before.longest_ns
        ? { comm: cleanText(sum.comm, NAME), longest_ns: sum.longest_ns, example: `${source}:${sum.longest_id}` }
        : { comm: before.comm, longest_ns: before.longest_ns, example: before.example };
    merged.set(key, {
      what: cleanText(source === 'waits' ? `wait: ${sum.what}` : sum.what, WHAT),
      pid: sum.pid,
      ...longest,
      count: sum.count + (before?.count ?? 0),
      rows: sum.rows + (before?.rows ?? 0),
      total_ns: timeOf(sum) + (before?.total_ns ?? 0),
      frames: before?.frames ?? frames,
      complete: stack.complete,
    });
  };
  const sums = recording.stackSums(source, filter);
  for (let i = 0; i < sums.length; i += AT_ONCE) {
    const some = sums.slice(i, i + AT_ONCE);
    const stacks = recording.stacksOf([...new Set(some.map(({ stack }) => stack))]);
    for (const sum of some) add(sum, stacks.get(sum.stack) ?? NO_STACK);
  }
  const total = sums.reduce((sum, one) => sum + timeOf(one), 0);
  return [...merged.values()]
    .map((group) => ({ ...group, share: total === 0 ? 0 : Math.round((group.total_ns / total) * 1e4) / 1e4 }))
    .sort((a, b) => b.total_ns - a.total_ns || (a.example < b.example ? -1 : 1));
};

/** All calls from the totals where these tell all that was asked for: they know of calls without rows, too. */
const coverageOf = (recording: Recording, of: StackSource, filter: StacksFilter): StackCoverage => {
  const cover = recording.stackCover(of, filter);
  if (of === 'cpu_samples') {
    const period = periodOf(recording);
    const ns = (samples: number): number => Math.round(samples * period);
    return { of, ...cover, total_ns: ns(cover.count), with_stack_ns: ns(cover.with_stack) };
  }
  if (of === 'waits' || filter.window !== undefined || filter.id !== undefined) return { of, ...cover };
  const { pid, op } = filter;
  const totals = recording
    .totals()
    .filter((total) => (pid === undefined || total.pid === pid) && (op === undefined || total.op === op));
  const count = totals.reduce((sum, total) => sum + total.count, 0);
  const total_ns = totals.reduce((sum, total) => sum + total.sum_ns, 0);
  return { of, ...cover, count: Math.max(count, cover.count), total_ns: Math.max(total_ns, cover.total_ns) };
};

/** The groups of all sources that were asked for. Shares are of the groups of one source: calls contain waits and samples. */
export const stackGroups = (recording: Recording, filter: StacksFilter): StackGroups => {
  const lists = filter.sources.map((source) => groupsOf(recording, source, filter));
  const deepest = Math.max(0, ...lists.map(({ length }) => length));
  const groups = Array.from({ length: deepest }, (_, turn) =>
    lists.flatMap((list) => list.slice(turn, turn + 1)).sort((a, b) => b.total_ns - a.total_ns),
  ).flat();
  return {
    groups,
    coverage: filter.sources.map((source) => coverageOf(recording, source, filter)),
    sample_hz: sampleRate(recording),
  };
};
