// The language of the control socket: each question with what it takes, what it gives and the scope it needs. JSON-RPC 2.0, a
// message a line; an error's `data` has the parts of our errors. Both ends check what comes in against this. Data only.
import { severities, watchNames } from '../../base/alert.ts';
import { stops } from '../../base/live-desk.ts';
import type { Scope } from '../identity/principal.ts';
import { z } from '../zod.ts';

/** Goes up when one side would misunderstand the other. */
export const VERSION = 1;
/** Events and alerts in one answer: who wants more asks again. */
export const EVENTS_PER_ANSWER = 500;
export const ALERTS_PER_ANSWER = 200;
/** Far more than an alert names. */
const PROOFS_PER_ALERT = 100;
/** Bytes of a question, and of an answer: 500 events with four texts of 256 bytes each, all of them escaped. */
export const QUESTION_BYTES = 16_384;
export const ANSWER_BYTES = 8 * 1024 * 1024;
/** Levels of nesting. */
export const DEPTH = 12;

const id = z.string().max(20);
const cursor = z.string().max(60);
const number = z.number();
const count = z.int().min(0);
/** Longer than anybody may wait; how long one does, the desk decides. */
const waitMs = z.number().min(0).max(600_000);
const value = z.union([z.string(), number, z.null()]);

const facts = z.object({
  id,
  expression: z.string(),
  event: z.string(),
  fields: z.record(z.string(), z.string()),
  sample: number,
  rate: number,
  estimated_rate: number,
  counts: z.object({ seen: count, matched: count, sampled_out: count, limited: count, lost: count, sent: count }),
  ended: z.string().optional(),
  expires_in_seconds: number,
  cursor,
});

const event = z.object({
  seq: count,
  time: number,
  pid: number,
  tid: number,
  uid: number,
  cpu: number,
  comm: z.string(),
  values: z.record(z.string(), value),
});

const proofEvent = event
  .omit({ seq: true })
  .extend({ uid: number.nullable(), cpu: number.nullable(), row: z.string(), event: z.string() });

const note = z.object({ id: count, severity: z.enum(severities), rule: z.string(), title: z.string() });
const collapsed = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(value)),
  events: count,
  other: z.object({ keys: count, events: count }),
  left_out: z.record(z.string(), count),
});
/** A reader takes no more at once than an answer may have. */
const room = z.strictObject({
  characters: z
    .number()
    .min(0)
    .max(ANSWER_BYTES / 8),
  rows: z.int().min(1).max(5000),
});
const collapse = z.strictObject({
  over: z.number().min(0).max(1000),
  by: z.array(z.string().max(64)).max(20).optional(),
});

const suspect = z.object({
  pid: number,
  comm: z.string(),
  exe: z.string().optional(),
  exe_id: z.string().optional(),
  uid: number.optional(),
});
const alert = z.object({
  id: count,
  rule: z.string(),
  watch: z.enum(watchNames),
  severity: z.enum(severities),
  title: z.string(),
  time: number,
  last: number,
  count,
  key: z.string(),
  process: suspect.optional(),
  ancestry: z.array(suspect).optional(),
  container: z.string().optional(),
  facts: z.record(z.string(), value),
  evidence: z.array(z.string()),
  benign: z.string(),
  technique: z.string().optional(),
  also: z.array(z.record(z.string(), value)).optional(),
});

const question = <P extends z.ZodObject, A extends z.ZodType>(name: string, scope: Scope, params: P, answer: A) => ({
  ...{ method: `desk/${name}`, scope, params, answer },
});
const nothing = z.strictObject({});
const PROBES = 'probe:control';
const READ = 'telemetry:read';

/** By their names after `desk/`. */
export const questions = {
  hello: question(
    'hello',
    READ,
    z.strictObject({ version: z.int() }),
    z.object({ version: z.int(), program: z.string() }),
  ),
  subscribe: question(
    'subscribe',
    PROBES,
    z.strictObject({
      expression: z.string().max(2000),
      sample: z.int().optional(),
      rate: z.int().optional(),
      ttlSeconds: z.int().optional(),
    }),
    z.object({ facts }),
  ),
  list: question('list', PROBES, nothing, z.object({ subscriptions: z.array(facts) })),
  facts: question('facts', PROBES, z.strictObject({ id }), z.object({ facts })),
  watch: question(
    'watch',
    PROBES,
    z.strictObject({
      id,
      cursor: cursor.optional(),
      count: z.int().min(1).max(100_000),
      take: count.optional(),
      match: z.string().max(2000).optional(),
      severity: z.enum(severities).optional(),
      room: room.optional(),
      collapse: collapse.optional(),
      waitMs,
    }),
    z.object({
      events: z.array(event).max(EVENTS_PER_ANSWER),
      cursor,
      gap: count,
      more: count,
      // Of a program that was begun before there was this.
      stopped: z.enum(stops).default('count'),
      match: event.optional(),
      alerts: z.array(note).optional(),
      collapsed: collapsed.optional(),
    }),
  ),
  proof: question(
    'proof',
    READ,
    z.strictObject({ id: count }),
    z.object({ events: z.array(proofEvent).max(PROOFS_PER_ALERT), gone: count }),
  ),
  unsubscribe: question('unsubscribe', PROBES, z.strictObject({ id }), z.object({ facts })),
  events: question('events', PROBES, nothing, z.object({ events: z.array(z.string()) })),
  start_watches: question('start_watches', READ, nothing, z.object({})),
  alerts: question(
    'alerts',
    READ,
    z.strictObject({ after: count, least: z.enum(severities), waitMs }),
    z.object({
      alerts: z.array(alert).max(ALERTS_PER_ANSWER),
      held_back: z.record(z.string(), number),
      not_watched: z.array(z.string()),
      last_id: count,
      // Of a program that was begun before there were these.
      gap: count.default(0),
      unseen: z.record(z.string(), number).default({}),
      now: number.optional(),
      since: number.optional(),
      /** Alerts after the last of these. */
      more: count,
    }),
  ),
  pending: question(
    'pending',
    READ,
    z.strictObject({ after: count }),
    z.object({ pending: z.object({ count, max_severity: z.enum(severities) }).optional() }),
  ),
  network_counters: question('network_counters', READ, nothing, z.object({ counters: z.record(z.string(), number) })),
  news: question(
    'news',
    READ,
    z.strictObject({ mark: cursor.optional(), waitMs }),
    z.object({ mark: cursor, alerts: z.array(count), subscriptions: z.array(id) }),
  ),
} as const;

const scopes: ReadonlyMap<string, Scope> = new Map(
  Object.values(questions).map(({ method, scope }) => [method, scope]),
);
/** The scope that a method of this language needs; undefined for any other. */
export const scopeOf = (method: string): Scope | undefined => scopes.get(method);

/** Says that a question need not be waited for any more; as in MCP, so that the audit knows it too. */
export const CANCELLED = 'notifications/cancelled';
/** Why one of our errors was given, as it comes over the wire. */
export const faultShape = z.object({
  code: z.string().max(60),
  what: z.string(),
  why: z.string(),
  todo: z.string(),
  exit_code: z.union([z.literal(1), z.literal(2)]).optional(),
});
