// What looked wrong on this host? The alerts of the watches, from a place on, of at least a severity.
import { type Alert, type Suspect, severities } from '../../base/alert.ts';
import { fitting } from '../fit.ts';
import { alertsFrom, firstLines, noteShown, recordingField } from '../live/alerts-source.ts';
import { defineTool } from '../tool.ts';
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
  since: number.describe('Give it next time'),
  more: number,
  gap: number.describe('No longer kept'),
  held_back: z.record(z.string(), number).describe('By rule: too many'),
  unseen: z.record(z.string(), number).describe('Events by rule: too many'),
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

export const getAlerts = defineTool({
  name: 'get_alerts',
  title: 'Alerts',
  description:
    'What looked wrong on this host: alerts of the network and security watches, with who, proof, and why it may be harmless.',
  traits: { scope: 'telemetry:read', untrusted: true },
  input: z.object({
    since: z.int().min(0).optional().describe('`since` of the last answer'),
    min_severity: z.enum(severities).optional().describe('Or worse'),
    max_wait_s: z.number().min(0).max(LONGEST_WAIT_S).optional().describe('Wait for one, seconds'),
    recording: recordingField,
  }),
  output: alertsAnswer,
  handler: async ({ since = 0, min_severity = 'low', max_wait_s = 0, recording: recorded }, context) => {
    const { alerts, held_back, not_watched, last_id, gap, unseen } = await alertsFrom(context, {
      recorded,
      after: since,
      least: min_severity,
      waitMs: max_wait_s * 1000,
    });
    const fit = fitting(alerts.map(shown), context.budget - FRAME);
    const more = alerts.length - fit.length;
    const seen = more > 0 ? (fit.at(-1)?.id ?? since) : last_id;
    noteShown(context, recorded, { since, least: min_severity, id: seen });
    return { alerts: [...fit], since: seen, more, gap, held_back, unseen, not_watched: firstLines(not_watched) };
  },
});
