// What happens in the kernel right now? Subscribes to a tracepoint or a library call, waits for its events, and hands them out from a cursor.
import type { LiveDesk, SubscriptionFacts } from '../../base/live-desk.ts';
import { errors } from '../errors.ts';
import { deskOf } from '../live/desk-of.ts';
import { redactEvents } from '../live/redact-events.ts';
import { eventTable, groupsOf } from '../live/rows.ts';
import { defineTool } from '../tool.ts';
import { z } from '../zod.ts';

const USUAL_WAIT_S = 20;
const LONGEST_WAIT_S = 55;
const USUAL_COUNT = 100;
const MOST_COUNT = 5000;
const MOST_GROUPS = 50;
/** Characters of an answer that are not events. */
const FRAME = 700;

const number = z.number();
const cell = z.union([z.string(), number, z.null()]);

export const watchAnswer = z.object({
  subscription: z.string(),
  event: z.string(),
  columns: z.array(z.string()),
  rows: z.array(z.array(cell)).describe('times: how often it came in a row'),
  groups: z.array(z.object({ value: cell, count: number })).optional(),
  cursor: z.string().describe('Go on from here'),
  more: number.describe('Events waiting'),
  seen: number,
  matched: number,
  dropped: z.object({ limited: number, lost: number, sampled_out: number, gap: number }).describe('Exact'),
  estimated_rate: number,
  expires_in_s: number,
  ended: z.string().optional(),
});

const chosen = async (
  desk: LiveDesk,
  {
    expression,
    subscription,
    sample,
    rate,
    ttl_s,
  }: {
    readonly expression?: string | undefined;
    readonly subscription?: string | undefined;
    readonly sample?: number | undefined;
    readonly rate?: number | undefined;
    readonly ttl_s?: number | undefined;
  },
): Promise<SubscriptionFacts> => {
  if (subscription !== undefined) return desk.facts(subscription);
  if (expression === undefined) throw errors.nothingToWatch({});
  return desk.subscribe({
    expression,
    ...(sample === undefined ? {} : { sample }),
    ...(rate === undefined ? {} : { rate }),
    ...(ttl_s === undefined ? {} : { ttlSeconds: ttl_s }),
  });
};

export const watchEvents = defineTool({
  name: 'watch_events',
  title: 'Watch the kernel live',
  description:
    'Watches a tracepoint of the running kernel, or a library call (cuda:cudaMalloc): waits for its events and returns them. Call again with subscription and cursor for what follows.',
  traits: { live: true, scope: 'probe:control', untrusted: true },
  input: z.object({
    expression: z
      .string()
      .max(2000)
      .optional()
      .describe('category:name where field op value and ...; op: == != < <= > >= & ~'),
    subscription: z.string().max(20).optional().describe('Instead: an id from before'),
    cursor: z.string().max(60).optional().describe('From before'),
    count: z.int().min(1).max(MOST_COUNT).optional().describe('Return at so many'),
    max_wait_s: z.number().min(0).max(LONGEST_WAIT_S).optional().describe('Seconds'),
    sample: z.int().min(1).optional().describe('1 in N'),
    rate: z.int().min(1).optional().describe('Most events a second'),
    ttl_s: z.int().min(1).optional().describe('Life of the subscription'),
    aggregate_by: z.string().max(64).optional().describe('Field: counts instead of rows'),
  }),
  output: watchAnswer,
  handler: async (input, context) => {
    const desk = await deskOf(context);
    const { id } = await chosen(desk, input);
    const { count = USUAL_COUNT, max_wait_s = USUAL_WAIT_S, aggregate_by } = input;
    const waitMs = max_wait_s * 1000;
    const found = await desk.watch({ id, cursor: input.cursor, count, waitMs, signal: context.signal });
    const watched = { ...found, events: redactEvents(found.events) };
    const facts = await desk.facts(id);
    const fields = Object.keys(facts.fields);
    const table =
      aggregate_by === undefined
        ? eventTable(watched.events, fields, context.budget - FRAME)
        : { columns: [], rows: [], events: watched.events.length };
    // Events that did not fit are still there: the cursor stands after the last one that did.
    const read =
      table.events < watched.events.length
        ? await desk.watch({ id, cursor: input.cursor, count: Math.max(1, table.events), waitMs: 0 })
        : watched;
    const { seen, matched, limited, lost, sampled_out } = facts.counts;
    return {
      subscription: id,
      event: facts.event,
      columns: table.columns,
      rows: table.rows,
      ...(aggregate_by === undefined ? {} : { groups: groupsOf(watched.events, aggregate_by, MOST_GROUPS) }),
      cursor: read.cursor,
      more: read.more,
      seen,
      matched,
      dropped: { limited, lost, sampled_out, gap: watched.gap },
      estimated_rate: Math.round(facts.estimated_rate),
      expires_in_s: facts.expires_in_seconds,
      ...(facts.ended === undefined ? {} : { ended: facts.ended }),
    };
  },
});
