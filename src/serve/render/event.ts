// One event as a text that a person reads: its chain as in `explain`, then the waits in it. Adds no conclusion of its own.
import { durationText } from '../../base/units.ts';
import type { eventAnswer } from '../tools/explain-event.ts';
import { causalChainsAnswer } from '../tools/get-causal-chains.ts';
import type { z } from '../zod.ts';
import { renderAnswer } from './answer.ts';
import { chainLines } from './chains.ts';
import type { Style } from './style.ts';

type Answer = z.output<typeof eventAnswer>;

const slowText = (slow: boolean | null): string =>
  slow === null ? 'there is nothing to compare it with' : slow ? 'longer than its like' : 'as long as its like';

/** An answer of explain_event as text, ending in a line feed. */
export const renderEvent = (answer: Answer, style: Style): string => {
  const { event_id, is_slow, chain, waits, waits_total, calls } = answer;
  const told = causalChainsAnswer.shape.chains.element.parse({ id: event_id, ...chain });
  const { start_ns, duration_ns } = told.symptom;
  return [
    style.bold(`${event_id}: ${durationText(duration_ns)} at ${durationText(start_ns)}, ${slowText(is_slow)}`),
    '',
    ...chainLines(told, 1, style),
    ...(calls.length === 0 ? [] : [`In it or around it: ${calls.join(', ')}`, '']),
    ...(waits.length === 0
      ? []
      : [renderAnswer({ waits, ...(waits.length < waits_total ? { waits_total } : {}) }, style)]),
  ]
    .join('\n')
    .replace(/\n*$/, '\n');
};
