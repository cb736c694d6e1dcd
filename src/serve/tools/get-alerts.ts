// What looked wrong on this host? The alerts of the watches, from a place on, of at least a severity; or one with its proof.
import { type Alert, type Suspect, severities } from '../../base/alert.ts';
import type { AlertsRead } from '../../base/live-desk.ts';
import { errors } from '../errors.ts';
import { fitting } from '../fit.ts';
import { alertsFrom, firstLines, noteShown, proofFrom, recordingField } from '../live/alerts-source.ts';
import { proofTables } from '../live/proof-tables.ts';
import { defineTool, type ToolContext } from '../tool.ts';
import { z } from '../zod.ts';

const LONGEST_WAIT_S = 55;
/** Characters of an answer that are not alerts. */
const FRAME = 1200;
const MOST_PARENTS = 4;

const number = z.number();
const value = z.union([z.string(), number, z.null()]);
const alertShape = z.object({
  id: number,
  rule: z.string(),
  severity: z.enum(severities),
  title: z.string(),
  time_ns: number,
  last_ns: number,
  count: number,
  technique: z.string().optional(),
  pid: number.optional(),
  comm: z.string().optional(),
  exe: z.string().optional(),
  uid: number.optional(),
  parents: z.array(z.string()).optional(),
  container: z.string().optional(),
  facts: z.record(z.string(), value),
  also: z.array(z.record(z.string(), value)).optional(),
  evidence: z.array(z.string()),
  benign: z.string(),
});

export const alertsAnswer = z.object({
  alerts: z.array(alertShape),
  proof: z
    .object({
      tables: z.array(z.object({ event: z.string(), columns: z.array(z.string()), rows: z.array(z.array(value)) })),
      gone: number,
      more: number,
    })
    .optional()
    .describe('With id'),
  since: number,
  more: number,
  gap: number.describe('No longer kept'),
  held_back: z.record(z.string(), number).describe('By rule: too many'),
  unseen: z.record(z.string(), number).describe('Events, by rule'),
  not_watched: z.array(z.string()),
});

const parentText = ({ pid, comm, exe }: Suspect): string => `${exe ?? comm} (${pid})`;

const shown = ({
  id,
  rule,
  severity,
  title,
  time,
  last,
  count,
  technique,
  process,
  ancestry = [],
  container,
  facts,
  also = [],
  evidence,
  benign,
}: Alert) => ({
  ...{ id, rule, severity, title, time_ns: time, last_ns: last, count },
  ...(technique === undefined ? {} : { technique }),
  ...(process === undefined
    ? {}
    : {
        pid: process.pid,
        comm: process.comm,
        ...(process.exe === undefined ? {} : { exe: process.exe }),
        ...(process.uid === undefined ? {} : { uid: process.uid }),
      }),
  ...(ancestry.length === 0 ? {} : { parents: ancestry.slice(0, MOST_PARENTS).map(parentText) }),
  ...(container === undefined ? {} : { container }),
  facts,
  ...(also.length === 0 ? {} : { also: [...also] }),
  ...{ evidence: [...evidence], benign },
});

/** One alert with the events that prove it. */
const oneOf = async (
  context: ToolContext,
  recorded: boolean | undefined,
  id: number,
  { alerts: [alert], last_id }: Pick<AlertsRead, 'alerts' | 'last_id'>,
) => {
  if (alert?.id !== id) throw errors.noAlert({ id, last: last_id });
  const one = shown(alert);
  const { events, gone } = await proofFrom(context, recorded, id);
  const { tables, more } = proofTables(events, context.budget - FRAME - JSON.stringify(one).length);
  return { alerts: [one], more: 0, proof: { tables, gone, more } };
};

/** As many alerts as fit. */
const someOf = (context: ToolContext, alerts: readonly Alert[]) => {
  const fit = fitting(alerts.map(shown), context.budget - FRAME);
  return { alerts: [...fit], more: alerts.length - fit.length };
};

export const getAlerts = defineTool({
  name: 'get_alerts',
  title: 'Alerts',
  description:
    'What looked wrong on this host: alerts of the network and security watches, with who, proof, and why it may be harmless.',
  traits: { scope: 'telemetry:read', untrusted: true },
  input: z.object({
    id: z.int().min(1).optional().describe('This one, with proof'),
    since: z.int().min(0).optional().describe('From the last answer'),
    min_severity: z.enum(severities).optional().describe('Or worse'),
    max_wait_s: z.number().min(0).max(LONGEST_WAIT_S).optional().describe('Wait for one, seconds'),
    recording: recordingField,
  }),
  output: alertsAnswer,
  handler: async ({ id, since = 0, min_severity = 'low', max_wait_s = 0, recording: recorded }, context) => {
    const read = await alertsFrom(context, {
      recorded,
      ...(id === undefined
        ? { after: since, least: min_severity, waitMs: max_wait_s * 1000 }
        : { after: id - 1, least: 'info' as const, waitMs: 0 }),
    });
    const { held_back, not_watched, last_id, unseen } = read;
    const rest = { held_back, unseen, not_watched: firstLines(not_watched) };
    if (id !== undefined) return { ...(await oneOf(context, recorded, id, read)), since, gap: 0, ...rest };
    const { alerts, more } = someOf(context, read.alerts);
    const seen = more > 0 ? (alerts.at(-1)?.id ?? since) : last_id;
    noteShown(context, recorded, { since, least: min_severity, id: seen });
    return { alerts, since: seen, more, gap: read.gap, ...rest };
  },
});
