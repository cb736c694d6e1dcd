// Ends a subscription of watch_events before its time.
import { deskOf } from '../live/desk-of.ts';
import { defineTool } from '../tool.ts';
import { z } from '../zod.ts';

export const unsubscribe = defineTool({
  name: 'unsubscribe',
  title: 'End a subscription',
  description: 'Ends a subscription of watch_events.',
  traits: { live: true, scope: 'probe:control', untrusted: false },
  input: z.object({ subscription: z.string().max(20).describe('Its id') }),
  output: z.object({ subscription: z.string(), seen: z.number(), matched: z.number(), ended: z.string() }),
  handler: async ({ subscription }, context) => {
    const { id, counts, ended = '' } = await (await deskOf(context)).unsubscribe(subscription);
    return { subscription: id, seen: counts.seen, matched: counts.matched, ended };
  },
});
