// A comparison as a text that a person reads: what is different, most telling first, and what was checked and is not. Adds no
// conclusion of its own.
import { countText, durationText, shareText } from '../../base/units.ts';
import type { comparisonAnswer } from '../tools/compare-windows.ts';
import type { z } from '../zod.ts';
import type { Style } from './style.ts';

type Answer = z.output<typeof comparisonAnswer>;

const verdicts: Readonly<Record<Answer['verdict'], string>> = {
  different: 'different',
  no_difference: 'no difference that is larger than the variation inside each window',
  insufficient_evidence: 'insufficient evidence',
};

const windowText = ({ start_ns, end_ns }: Answer['before']): string =>
  `${durationText(start_ns)} to ${durationText(end_ns)}`;

/** An answer of compare_windows as text, ending in a line feed. */
export const renderComparison = (answer: Answer, style: Style): string => {
  const { before, after, verdict, differences, differences_total, checked, losses, next_cursor } = answer;
  const lines = differences.flatMap(({ kind, summary, effect, evidence }, i) => [
    `${`${i + 1}.`.padStart(4)} ${summary}`,
    style.faint(
      `     ${[...(kind === 'throughput' ? [] : [`${shareText(effect)} of wall time`]), ...evidence].join(', ')}`,
    ),
  ]);
  const more = differences_total - differences.length;
  return `${[
    style.bold(`${windowText(after)} against ${windowText(before)}: ${verdicts[verdict]}`),
    ...(lines.length === 0 ? [] : ['', ...lines]),
    ...(next_cursor === undefined
      ? []
      : [`     and ${countText(more, 'other')}: see the next with --cursor ${next_cursor}`]),
    '',
    style.bold('Checked'),
    ...checked.map((line) => `  - ${line}`),
    ...(losses.length === 0
      ? []
      : ['', style.bold('Missing'), ...losses.map(({ side, reason, count }) => `  - ${side}: ${reason} (${count})`)]),
  ].join('\n')}\n`;
};
