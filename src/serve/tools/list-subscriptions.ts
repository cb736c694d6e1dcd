// What is watched, what each has counted, and which there are.
import { deskOf } from '../live/desk-of.ts';
import { defineTool } from '../tool.ts';
import { z } from '../zod.ts';

const MOST_EVENTS = 200;
const number = z.number();

export const subscriptionsAnswer = z.object({
  subscriptions: z.array(
    z.object({
      id: z.string(),
      expression: z.string(),
      seen: number,
      matched: number,
      limited: number,
      lost: number,
      cursor: z.string(),
      expires_in_s: number,
      ended: z.string().optional(),
    }),
  ),
  events: z.array(z.string()).optional(),
  events_total: number.optional(),
});

export const listSubscriptions = defineTool({
  name: 'list_subscriptions',
  title: 'Live subscriptions',
  description: 'Subscriptions of watch_events, with exact counts; with `find`, what can be watched.',
  traits: { live: true, scope: 'probe:control', untrusted: false },
  input: z.object({ find: z.string().max(100).optional().describe('Part of an event name') }),
  output: subscriptionsAnswer,
  handler: async ({ find }, context) => {
    const desk = await deskOf(context);
    const found = find === undefined ? undefined : (await desk.events()).filter((event) => event.includes(find));
    return {
      subscriptions: (await desk.list()).map(({ id, expression, counts, cursor, ended, expires_in_seconds }) => ({
        id,
        expression,
        seen: counts.seen,
        matched: counts.matched,
        limited: counts.limited,
        lost: counts.lost,
        cursor,
        expires_in_s: expires_in_seconds,
        ...(ended === undefined ? {} : { ended }),
      })),
      ...(found === undefined ? {} : { events: found.slice(0, MOST_EVENTS), events_total: found.length }),
    };
  },
});
