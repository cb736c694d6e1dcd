// Stacks as a text that a person reads: each group with its time, its frames below it, and how much of the time is known.
// Adds no conclusion of its own: every word is a field of the answer.
import { countText, durationText, shareText } from '../../base/units.ts';
import type { stacksAnswer } from '../tools/get-stacks.ts';
import type { z } from '../zod.ts';
import type { Style } from './style.ts';

type Answer = z.output<typeof stacksAnswer>;
type Group = Answer['stacks'][number];

const THINGS: Readonly<Record<string, string>> = { calls: 'call', waits: 'wait', cpu_samples: 'CPU sample' };
const thingOf = (source: string): string => THINGS[source] ?? source;

const groupLines = (group: Group, style: Style, estimated: boolean): readonly string[] => {
  const { what, pid, comm, count, rows, total_ns, share, longest_ns, frames, example } = group;
  const thing = thingOf(example.replace(/:.*/, ''));
  const counted = `${rows === undefined ? '' : 'about '}${countText(count, thing)}`;
  return [
    style.bold(
      `${what} of ${comm} (pid ${pid}): ${durationText(total_ns)}, ${shareText(share)} of all ${thing}s with a stack`,
    ),
    style.faint(
      `  ${[
        counted + (rows === undefined ? '' : ` from ${countText(rows, 'stack')}`),
        ...(longest_ns === undefined || count === 1
          ? []
          : [`the longest ${estimated ? 'of those read ' : ''}${durationText(longest_ns)}`]),
        example,
      ].join(', ')}`,
    ),
    ...frames.map((frame) => `    ${frame}`),
    '',
  ];
};

const coverageLine = (line: Answer['coverage'][number]): string =>
  line.estimated === true ? `about ${coveredText(line)}: not all rows were counted` : coveredText(line);

const coveredText = ({ of, count, total_ns, with_stack, with_stack_ns }: Answer['coverage'][number]): string =>
  of === 'cpu_samples'
    ? `${countText(count, thingOf(of))} (${durationText(total_ns)}), ${with_stack} with a stack`
    : `${countText(count, thingOf(of))} in ${durationText(total_ns)}, ${with_stack} (${shareText(total_ns === 0 ? 0 : with_stack_ns / total_ns)} of the time) with a stack`;

/** An answer of get_stacks as text, ending in a line feed. */
export const renderStacks = (answer: Answer, style: Style): string => {
  const { stacks, coverage, total, truncated } = answer;
  const isEstimated = ({ example }: Group): boolean =>
    coverage.some(({ of, estimated }) => estimated === true && example.startsWith(`${of}:`));
  return `${[
    ...(stacks.length === 0
      ? ['No stack matches.', '']
      : stacks.flatMap((group) => groupLines(group, style, isEstimated(group)))),
    ...(truncated ? [`${stacks.length} of ${countText(total, 'stack')}: see more with --limit N`, ''] : []),
    style.bold('What there was'),
    ...coverage.map((line) => `  ${coverageLine(line)}`),
  ].join('\n')}\n`;
};
