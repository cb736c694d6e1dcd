// Which renderer shows the answer of a tool: a special one where the shape of an answer says more than its fields.
import { comparisonAnswer } from '../tools/compare-windows.ts';
import { eventAnswer } from '../tools/explain-event.ts';
import { stacksAnswer } from '../tools/get-stacks.ts';
import { timelineAnswer } from '../tools/get-timeline.ts';
import { renderAnswer } from './answer.ts';
import { renderComparison } from './comparison.ts';
import { renderEvent } from './event.ts';
import { renderStacks } from './stacks.ts';
import type { Style } from './style.ts';
import { renderTimeline } from './timeline.ts';

type Answer = Readonly<Record<string, unknown>>;

const special: Readonly<Record<string, (answer: Answer, style: Style) => string>> = {
  compare_windows: (answer, style) => renderComparison(comparisonAnswer.parse(answer), style),
  explain_event: (answer, style) => renderEvent(eventAnswer.parse(answer), style),
  get_stacks: (answer, style) => renderStacks(stacksAnswer.parse(answer), style),
  get_timeline: (answer, style) => renderTimeline(timelineAnswer.parse(answer), style),
};

/** Says which fields read as if they were meant for a language model. Empty when none do. */
export const suspicionText = ({ suspicious_text: fields }: Answer): string =>
  Array.isArray(fields) && fields.length > 0
    ? `note: text of a traced program that reads like an order to a model, in ${fields.join(', ')}\n`
    : '';

/** An answer of the tool of that name as text, ending in a line feed. */
export const renderTool = (name: string, answer: Answer, style: Style): string =>
  (special[name] ?? renderAnswer)(answer, style) + (special[name] === undefined ? '' : suspicionText(answer));
