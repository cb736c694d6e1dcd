// Which renderer shows the answer of a tool: a special one where the shape of an answer says more than its fields.
import { stacksAnswer } from '../tools/get-stacks.ts';
import { timelineAnswer } from '../tools/get-timeline.ts';
import { renderAnswer } from './answer.ts';
import { renderStacks } from './stacks.ts';
import type { Style } from './style.ts';
import { renderTimeline } from './timeline.ts';

type Answer = Readonly<Record<string, unknown>>;

const special: Readonly<Record<string, (answer: Answer, style: Style) => string>> = {
  get_stacks: (answer, style) => renderStacks(stacksAnswer.parse(answer), style),
  get_timeline: (answer, style) => renderTimeline(timelineAnswer.parse(answer), style),
};

/** An answer of the tool of that name as text, ending in a line feed. */
export const renderTool = (name: string, answer: Answer, style: Style): string =>
  (special[name] ?? renderAnswer)(answer, style);
