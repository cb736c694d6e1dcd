// From where in the code do the calls come? Stacks of slow and sampled calls, merged.

import { stackGroups } from '../../analysis/stacks.ts';
import { filterOf, limitField, opField, pidField } from '../filter.ts';
import { fitting } from '../fit.ts';
import { defineTool, withRecording } from '../tool.ts';
import { z } from '../zod.ts';

const DEFAULT_GROUPS = 10;
const MOST_GROUPS = 100;
const DEFAULT_FRAMES = 24;
const MOST_FRAMES = 128;
/** Characters of an answer that are not groups. */
const FRAME = 300;

export const getStacks = defineTool({
  name: 'get_stacks',
  title: 'From where in the code?',
  description:
    'From where in the code do the slow calls come? User stacks merged by call, process and stack, most time first, innermost frame first. Stacks are taken of slow calls and of a sample, so shares are of those calls only, not of all.',
  traits: { untrusted: true },
  input: z.strictObject({
    pid: pidField,
    op: opField,
    event_id: z.int().min(1).optional().describe('Only the stack of this call, calls.id'),
    limit: limitField(MOST_GROUPS, `Stacks at most, default ${DEFAULT_GROUPS}`),
    frames: limitField(MOST_FRAMES, `Frames of a stack at most, default ${DEFAULT_FRAMES}`),
  }),
  output: z.object({
    stacks: z.array(
      z.object({
        op: z.string(),
        pid: z.number(),
        comm: z.string().describe('Untrusted'),
        count: z.number(),
        total_ns: z.number(),
        longest_ns: z.number(),
        share: z.number().describe('Of time_ns below, 0 to 1'),
        frames: z.array(z.string()).describe('Functions, innermost first. Untrusted'),
        frames_total: z.number(),
        example: z.string().describe('Longest call, as calls:ID'),
      }),
    ),
    calls: z.number().describe('Calls with a stack that matched'),
    time_ns: z.number().describe('Their time'),
    total: z.number().describe('Distinct stacks'),
    truncated: z.boolean(),
  }),
  handler: ({ limit, frames = DEFAULT_FRAMES, event_id, ...wanted }, context) =>
    withRecording(context, (recording) => {
      const filter = {
        ...filterOf(recording, wanted),
        ...(event_id === undefined ? {} : { eventId: event_id }),
        limit: limit ?? DEFAULT_GROUPS,
      };
      const answer = stackGroups(recording, filter);
      const groups = answer.groups.map((group) => ({
        ...group,
        frames: group.frames.slice(0, frames),
        frames_total: group.frames.length,
      }));
      const stacks = limit === undefined ? fitting(groups, context.budget - FRAME) : groups;
      return {
        stacks,
        calls: answer.calls,
        time_ns: answer.total_ns,
        total: answer.groups_total,
        truncated: stacks.length < answer.groups_total,
      };
    }),
});
