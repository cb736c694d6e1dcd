// From where in the code? Stacks of slow and sampled calls, of long waits and of threads that ran, merged. Computes nothing:
// the analysis does.

import { frameText } from '../../analysis/frame-text.ts';
import { type StackGroup, stackGroups } from '../../analysis/stacks.ts';
import { cursorField, fromField, limitField, opField, pidField, toField } from '../filter.ts';
import { fitting } from '../fit.ts';
import { cursorAt, offsetOf } from '../sql/cursor.ts';
import { stackFilterOf } from '../stack-filter.ts';
import { defineTool, withRecording } from '../tool.ts';
import { z } from '../zod.ts';

const DEFAULT_GROUPS = 10;
const MOST_GROUPS = 100;
const DEFAULT_FRAMES = 16;
const MOST_FRAMES = 128;
/** Characters of an answer that are not groups. */
const FRAME = 700;

const number = z.number();

/** The shape of an answer. */
export const stacksAnswer = z.object({
  stacks: z.array(
    z.object({
      what: z.string().describe('Call, wait: kind, or on_cpu'),
      pid: number,
      comm: z.string(),
      count: number.describe('Events these stacks stand for'),
      rows: number.optional().describe('Stacks taken, where count is an estimate'),
      total_ns: number,
      share: number.describe('Of all stacks of calls, waits or samples'),
      longest_ns: number.optional(),
      frames: z.array(z.string()).describe('Innermost first. Untrusted'),
      example: z.string().describe('Longest, as view:id'),
    }),
  ),
  coverage: z
    .array(
      z.object({
        ...{ of: z.string(), count: number, total_ns: number, with_stack: number, with_stack_ns: number },
        estimated: z.boolean().optional(),
      }),
    )
    .describe('All that matched'),
  sample_hz: number,
  total: number,
  truncated: z.boolean(),
  next_cursor: z.string().optional(),
});

/** The frames as text, cut to so many; the last line says what is missing outside of them. */
const framesOf = ({ frames, complete }: StackGroup, most: number): readonly string[] => [
  ...frames.slice(0, most).map(frameText),
  ...(frames.length > most ? [`[${frames.length - most} more]`] : []),
  ...(complete ? [] : ['[truncated]']),
];

export const getStacks = defineTool({
  name: 'get_stacks',
  title: 'Stacks',
  description:
    'From where in the code? Merged stacks of slow and sampled calls, long waits and CPU samples, most time first; Python with file:line.',
  traits: { scope: 'telemetry:read', untrusted: true, heavy: true },
  input: z.strictObject({
    pid: pidField,
    op: opField,
    wait_kind: z.string().max(40).optional().describe('Waits of this kind, e.g. lock'),
    on_cpu: z.boolean().optional().describe('Only CPU samples'),
    event_id: z
      .union([z.number(), z.string().max(40)])
      .optional()
      .describe('One row: calls:12, waits:5'),
    from: fromField,
    to: toField,
    native: z.boolean().optional().describe('With interpreter frames'),
    limit: limitField(MOST_GROUPS, `Stacks, default ${DEFAULT_GROUPS}`),
    frames: limitField(MOST_FRAMES, `Frames, default ${DEFAULT_FRAMES}`),
    cursor: cursorField,
  }),
  output: stacksAnswer,
  handler: ({ limit, frames = DEFAULT_FRAMES, cursor, ...wanted }, context) =>
    withRecording(context, (recording) => {
      const question = JSON.stringify(wanted);
      const offset = offsetOf(question, cursor);
      const { groups, coverage, sample_hz } = stackGroups(recording, stackFilterOf(recording, wanted));
      const first = groups.slice(offset, offset + (limit ?? DEFAULT_GROUPS)).map((group) => {
        const { what, pid, comm, count, rows, total_ns, share, longest_ns, example } = group;
        return {
          ...{ what, pid, comm, count, ...(rows === count ? {} : { rows }), total_ns, share },
          ...(longest_ns === 0 ? {} : { longest_ns }),
          ...{ frames: framesOf(group, frames), example },
        };
      });
      const stacks = limit === undefined ? fitting(first, context.budget - FRAME) : first;
      const end = offset + stacks.length;
      const truncated = end < groups.length;
      return {
        ...{ stacks, coverage, sample_hz, total: groups.length, truncated },
        ...(truncated ? { next_cursor: cursorAt(question, end) } : {}),
      };
    }),
});
