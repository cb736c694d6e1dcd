// Why was THIS call, or this wait, slow? One row, or one thread at one time. Computes nothing: the analysis does.

import { eventAt, eventById } from '../../analysis/find-event.ts';
import type { Recording } from '../../store/recording.ts';
import { errors } from '../errors.ts';
import { fitting } from '../fit.ts';
import { formatTime, parseTime } from '../time-text.ts';
import { defineTool, withRecording } from '../tool.ts';
import { z } from '../zod.ts';

/** Characters of an answer that are neither the chain nor a list. */
const FRAME = 300;
const MOST_CALLS = 6;

export const eventAnswer = z.object({
  event_id: z.string(),
  is_slow: z.boolean().nullable().describe('Against its like'),
  chain: z.looseObject({ summary: z.string() }).describe('As in get_causal_chains'),
  waits: z.array(z.unknown()).describe('In it, longest first'),
  waits_total: z.number(),
  calls: z.array(z.string()).describe('In or around it'),
  truncated: z.boolean(),
});

type Wanted = {
  readonly event_id?: string | number | undefined;
  readonly tid?: number | undefined;
  readonly time?: number | string | undefined;
};

const askedIn = (recording: Recording, { event_id, tid, time }: Wanted) => {
  if (event_id !== undefined) {
    const [, of = 'calls', digits = ''] = /^(?:(calls|waits):)?(\d{1,15})$/.exec(String(event_id)) ?? [];
    if (digits === '') throw errors.badRow({ id: String(event_id) });
    const found = eventById(recording, of === 'waits' ? 'waits' : 'calls', Number(digits));
    if (found === undefined) throw errors.unknownEvent({ id: `${of}:${digits}` });
    return found;
  }
  if (tid === undefined || time === undefined) throw errors.noEvent({});
  const at = parseTime(time);
  const found = eventAt(recording, tid, at);
  if (found === undefined) throw errors.unknownEvent({ id: `thread ${tid} at ${formatTime(at)}` });
  return found;
};

export const explainEvent = defineTool({
  name: 'explain_event',
  title: 'Why was this one slow?',
  description:
    'Why was THIS call or wait slow? Full breakdown and path of one row (calls:12, waits:5), or of what a thread was in at a time.',
  traits: { scope: 'telemetry:read', untrusted: true, heavy: true },
  longestText: 1_000,
  input: z.strictObject({
    event_id: z
      .union([z.string().max(40), z.number()])
      .optional()
      .describe('calls:12 or waits:5'),
    tid: z.int().min(1).optional().describe('Thread, with time'),
    time: z.union([z.number(), z.string()]).optional().describe('1.5s'),
  }),
  output: eventAnswer,
  handler: async (wanted, context) => {
    // Loaded when asked for: a client that starts the server wants its list of tools at once.
    const { explainEvent: explain } = await import('../../analysis/explain-event.ts');
    return withRecording(context, (recording) => {
      const found = explain(recording, askedIn(recording, wanted));
      if (found === undefined) throw errors.unknownEvent({ id: String(wanted.event_id) });
      const { id, chain, isSlow, inside, calls } = found;
      const room = context.budget - FRAME - JSON.stringify([chain, calls.slice(0, MOST_CALLS)]).length;
      const waits = inside.length === 0 ? [] : fitting(inside, room);
      const { id: _, ...told } = chain;
      return {
        ...{ event_id: id, is_slow: isSlow, chain: told, waits, waits_total: inside.length },
        calls: calls.slice(0, MOST_CALLS),
        truncated: waits.length < inside.length || calls.length > MOST_CALLS,
      };
    });
  },
});
