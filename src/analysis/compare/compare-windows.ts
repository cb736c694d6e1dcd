// What changed between two windows, of one recording or of two: the differences that are larger than what each window varies by
// itself, those that explain most first; and what was checked and is not different.
import { shareText } from '../../base/units.ts';
import type { LossRow } from '../../store/recording.ts';
import { isHarmful } from '../confidence.ts';
import { isInside, sumLosses } from '../losses.ts';
import { compareBudget } from './budget.ts';
import { compareCalls } from './calls.ts';
import type { Difference } from './difference.ts';
import { type Side, sidesOf, type Wanted } from './side.ts';
import { compareThroughput, type Throughput } from './throughput.ts';

export type { Difference } from './difference.ts';

export type Comparison = {
  readonly verdict: 'different' | 'no_difference' | 'insufficient_evidence';
  /** Most important first. */
  readonly differences: readonly Difference[];
  /** What was looked at and is the same, and what makes the comparison less sure. */
  readonly checked: readonly string[];
  readonly losses: readonly (LossRow & { readonly side: 'before' | 'after' })[];
};

/** Change of throughput from which one side is the better one. */
const BETTER = 1.05;
/** What got less is mostly what the other took: it is said after what got more. */
const OTHER_WAY = 0.5;
/** Of a difference that names somebody else. */
const WITH_CULPRIT = 1.2;
/** Of what only threads that make no calls felt, where others do: helpers of those. */
const BESIDE = 0.6;
/** Windows whose lengths are so different that rare things are likely in one only. */
const UNEVEN = 10;

const BY_CHOICE = 'not compared, their rows were kept by choice';
const NO_THROUGHPUT: Throughput = { differences: [], checked: `throughput: ${BY_CHOICE}`, ratioOf: () => 0 };
const NO_CALLS = { differences: [], checked: `calls: ${BY_CHOICE}` } as const;

/** Whether after is the better side: then what got less explains it. */
const isBetter = (before: Side, { ratioOf }: Throughput): boolean => {
  const names = new Set(before.slices.flatMap(({ calls }) => calls.map(({ pid }) => before.nameOf(pid))));
  const ratios = [...names].map(ratioOf).filter((ratio) => ratio > 0);
  return ratios.length > 0 && ratios.every((ratio) => ratio >= 1) && ratios.some((ratio) => ratio >= BETTER);
};

const isMore = (difference: Difference): boolean => {
  switch (difference.kind) {
    case 'time':
      return difference.after.share > difference.before.share;
    case 'calls':
      return difference.change === 'slower' || difference.change === 'more' || difference.change === 'new';
    case 'throughput':
      return true;
  }
};

const weightOf = (difference: Difference, better: boolean): number => {
  const way = difference.kind === 'throughput' || isMore(difference) !== better ? 1 : OTHER_WAY;
  const named = difference.kind === 'time' && difference.culprit !== undefined ? WITH_CULPRIT : 1;
  const beside = difference.kind === 'time' && !difference.ofCaller ? BESIDE : 1;
  return difference.effect * way * named * beside;
};

const lossesOf = (side: Side, name: 'before' | 'after'): Comparison['losses'] =>
  sumLosses(side.recording.losses(side.window)).map(({ doc: _, ...loss }) => ({ ...loss, side: name }));

const cautions = (before: Side, after: Side, losses: Comparison['losses']): readonly string[] => {
  const windowOf = { before: before.window, after: after.window };
  const harmful = losses.filter((loss) => isHarmful(loss) && isInside(loss, windowOf[loss.side]));
  const partial = [before, after].filter(({ coverage }) => coverage < 0.9);
  const lengths = [before, after].map(({ window }) => window.end_ns - window.start_ns);
  const uneven = Math.max(...lengths) > UNEVEN * Math.min(...lengths);
  return [
    harmful.length === 0
      ? 'losses: none that touch it in either window'
      : `losses: ${harmful.map(({ side, reason, count }) => `${side} lacks ${count} (${reason})`).join(', ')}`,
    ...(partial.length === 0
      ? []
      : [
          `looked at ${partial.map(({ coverage }) => shareText(coverage)).join(' and ')} of the windows, evenly spread`,
        ]),
    ...(uneven ? ['the windows differ much in length: what is rare may lie in one of them only'] : []),
    ...(before.recording.path === after.recording.path
      ? []
      : ['across recordings: processes and threads are matched by name, functions by their place in the page of code']),
  ];
};

/** Compares two windows, each of a recording. `were` is what it is compared with. */
export const compareWindows = (were: Wanted, are: Wanted): Comparison => {
  const [before, after] = sidesOf(were, are);
  const losses = [...lossesOf(before, 'before'), ...lossesOf(after, 'after')];
  const caution = cautions(before, after, losses);
  if (before.isEmpty || after.isEmpty) {
    const empty = before.isEmpty ? 'before' : 'after';
    return {
      verdict: 'insufficient_evidence',
      differences: [],
      checked: [`nothing was recorded in the window ${empty}`, ...caution],
      losses,
    };
  }
  // Rows that a tool kept since they were slow say nothing of how many there were, nor how long most took.
  const isSampled = losses.some(({ reason }) => reason === 'call_sampled');
  const throughput = isSampled ? NO_THROUGHPUT : compareThroughput(before, after);
  const budget = compareBudget(before, after);
  const calls = isSampled ? NO_CALLS : compareCalls(before, after, throughput.ratioOf);
  const better = isBetter(before, throughput);
  const differences = [...budget.differences, ...calls.differences, ...throughput.differences]
    .map((difference) => ({ difference, weight: weightOf(difference, better) }))
    .sort((a, b) => b.weight - a.weight || (a.difference.summary < b.difference.summary ? -1 : 1))
    .map(({ difference }) => difference);
  return {
    verdict: differences.length === 0 ? 'no_difference' : 'different',
    differences,
    checked: [budget.checked, calls.checked, throughput.checked, ...caution],
    losses,
  };
};
