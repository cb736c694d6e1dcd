// What happens in the kernel right now? Subscribes to a tracepoint or a library call, waits for what its reader asked for, and hands
// events out from a cursor: counts of them where more came than the answer holds.
import { severities } from '../../base/alert.ts';
import { COMMON, cellsOf, columnOf } from '../../base/event-columns.ts';
import { eventTable } from '../../base/event-table.ts';
import type { LiveDesk, SubscriptionFacts, Watched, WatchRequest } from '../../base/live-desk.ts';
import { errors } from '../errors.ts';
import { deskOf } from '../live/desk-of.ts';
import { redactWatched } from '../live/redact-events.ts';
import { whatNext } from '../live/what-next.ts';
import { defineTool } from '../tool.ts';
import { z } from '../zod.ts';

const USUAL_WAIT_S = 20;
const LONGEST_WAIT_S = 55;
const USUAL_COUNT = 100;
const MOST_COUNT = 5000;
/** Who is so many answers behind gets counts: it would never come to the end. */
const MOST_PAGES = 3;
const MOST_COUNTS = 50;
/** Characters of an answer that are not events. */
const FRAME = 1000;
/** In the place of columns: never count. */
const NONE = 'none';

const number = z.number();
const cell = z.union([z.string(), number, z.null()]);

export const watchAnswer = z.object({
  subscription: z.string(),
  event: z.string(),
  columns: z.array(z.string()),
  rows: z.array(z.array(cell)).describe('times: how often in a row'),
  collapsed: z
    .object({ events: number, other_keys: number, other_events: number, left_out: z.record(z.string(), number) })
    .optional()
    .describe('Rows are counts'),
  stopped: z.string(),
  match: z.record(z.string(), cell).optional(),
  alerts: z
    .array(z.object({ id: number, severity: z.enum(severities), rule: z.string(), title: z.string() }))
    .optional(),
  cursor: z.string(),
  more: number,
  seen: number,
  matched: number,
  dropped: z.object({ limited: number, lost: number, sampled_out: number, gap: number }).describe('Exact'),
  estimated_rate: number,
  expires_in_s: number,
  ended: z.string().optional(),
  next: z.string(),
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

/** What is counted when: never, always by some columns, or where it is too much. */
const collapseOf = (text: string | undefined) => {
  if (text === undefined) return { over: MOST_PAGES };
  const by = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return text.trim() === NONE ? undefined : { over: 0, by };
};

/** The events, or what was counted of them, as a table. */
const tableOf = ({ events, collapsed }: Watched, fields: readonly string[]) => {
  if (collapsed === undefined) return eventTable(events, fields);
  const { columns, rows, other, left_out } = collapsed;
  const counted = {
    events: collapsed.events,
    other_keys: other.keys,
    other_events: other.events,
    left_out: { ...left_out },
  };
  return { columns, rows, collapsed: counted };
};

export const watchEvents = defineTool({
  name: 'watch_events',
  title: 'Live events',
  description:
    'Waits for events of a kernel tracepoint or a library call (cuda:cudaMalloc). Go on with subscription and cursor.',
  traits: { live: true, scope: 'probe:control', untrusted: true },
  input: z.strictObject({
    expression: z
      .string()
      .max(2000)
      .optional()
      .describe('category:name where field op value and ...; op: == != < <= > >= & ~'),
    subscription: z.string().max(20).optional().describe('Instead: an id from before'),
    cursor: z.string().max(60).optional().describe('From before'),
    count: z.int().min(1).max(MOST_COUNT).optional().describe('Return at so many'),
    match: z.string().max(2000).optional().describe('or where field op value and ...'),
    severity: z.enum(severities).optional().describe('or at an alert so bad'),
    max_wait_s: z.number().min(0).max(LONGEST_WAIT_S).optional().describe('Seconds'),
    sample: z.int().min(1).optional().describe('1 in N'),
    rate: z.int().min(1).optional().describe('Most events a second'),
    ttl_s: z.int().min(1).optional().describe('Its life'),
    aggregate_by: z.string().max(200).optional().describe(`Count by these columns, or ${NONE}`),
  }),
  output: watchAnswer,
  handler: async (input, context) => {
    const desk = await deskOf(context);
    const { match, severity, max_wait_s = USUAL_WAIT_S, aggregate_by } = input;
    // Who waits for something else than a number takes all that came before it.
    const { count = match === undefined && severity === undefined ? USUAL_COUNT : MOST_COUNT } = input;
    const begun = await chosen(desk, input);
    const { id } = begun;
    const request: WatchRequest = {
      ...{ id, cursor: input.cursor, count, match, severity, waitMs: max_wait_s * 1000, signal: context.signal },
      room: {
        characters: Math.max(0, context.budget - FRAME),
        rows: aggregate_by === undefined ? MOST_COUNT : MOST_COUNTS,
      },
      collapse: collapseOf(aggregate_by),
    };
    const watched = redactWatched(
      await desk.watch(request).catch(async (thrown: unknown) => {
        // Nobody knows of a subscription whose first look failed: it would take a place until its time is over.
        if (input.subscription === undefined) await desk.unsubscribe(id).catch(() => {});
        throw thrown;
      }),
    );
    const facts = await desk.facts(id);
    const fields = Object.keys(facts.fields);
    const { columns, rows, collapsed } = { collapsed: undefined, ...tableOf(watched, fields) };
    const { seen, matched, limited, lost, sampled_out } = facts.counts;
    const names = [...COMMON, ...fields.map(columnOf)];
    return {
      subscription: id,
      event: facts.event,
      columns,
      rows,
      ...(collapsed === undefined ? {} : { collapsed }),
      stopped: watched.stopped,
      ...(watched.match === undefined
        ? {}
        : { match: Object.fromEntries(cellsOf(watched.match, fields).map((value, at) => [names[at] ?? '', value])) }),
      ...(watched.alerts === undefined ? {} : { alerts: [...watched.alerts] }),
      cursor: watched.cursor,
      more: watched.more,
      seen,
      matched,
      dropped: { limited, lost, sampled_out, gap: watched.gap },
      estimated_rate: Math.round(facts.estimated_rate),
      expires_in_s: facts.expires_in_seconds,
      ...(facts.ended === undefined ? {} : { ended: facts.ended }),
      next: whatNext(watched, { cursor: input.cursor ?? begun.cursor, ended: facts.ended }),
    };
  },
});
