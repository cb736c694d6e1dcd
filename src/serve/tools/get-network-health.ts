// What is wrong with the network of this host, or of one process? One page: a verdict, what was found by kind, the counters.
import { type Alert, isAtLeast, type Severity, severities } from '../../base/alert.ts';
import { pidField } from '../filter.ts';
import { fitting } from '../fit.ts';
import { alertsFrom, firstLines, networkCountersFrom, recordingField } from '../live/alerts-source.ts';
import { defineTool } from '../tool.ts';
import { z } from '../zod.ts';

const MOST_KINDS = 12;
const MOST_EXAMPLES = 2;
/** Characters of an answer that are not findings. */
const FRAME = 1200;

const number = z.number();
const value = z.union([z.string(), number, z.null()]);

export const networkAnswer = z.object({
  verdict: z.enum(['healthy', 'suspicious', 'faulty', 'unknown']).describe('Live: of 10 minutes'),
  watched_for_s: number.optional(),
  unattributed: number.optional().describe('Alerts of no known process'),
  findings: z.array(
    z.object({
      rule: z.string(),
      title: z.string(),
      severity: z.enum(severities),
      count: number,
      alerts: z.array(number),
      processes: z.array(z.string()),
      examples: z.array(z.record(z.string(), value)),
      benign: z.string(),
    }),
  ),
  findings_total: number,
  counters: z.record(z.string(), number).describe('Since the watch began'),
  retransmitted_share: number,
  not_watched: z.array(z.string()),
});

const who = ({ process }: Alert): readonly string[] =>
  process === undefined ? [] : [`${process.exe ?? process.comm} (${process.pid})`];

const grouped = (alerts: readonly Alert[]) =>
  [...Map.groupBy(alerts, ({ rule }) => rule).values()]
    .flatMap((same) => {
      const order = same.toSorted(
        (a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity) || a.id - b.id,
      );
      const [worst] = order;
      return worst === undefined
        ? []
        : [
            {
              rule: worst.rule,
              title: worst.title,
              severity: worst.severity,
              count: same.reduce((sum, { count }) => sum + count, 0),
              alerts: order.slice(0, MOST_EXAMPLES).map(({ id }) => id),
              processes: [...new Set(order.flatMap(who))].slice(0, MOST_EXAMPLES),
              examples: order.slice(0, MOST_EXAMPLES).map(({ facts }) => facts),
              benign: worst.benign,
            },
          ];
    })
    .sort((a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity) || b.count - a.count);

/** Whether a part of the network is not watched: a recording says `network`, a watch which part of it. */
const isNetwork = (line: string): boolean => /^(network|drops|sockets):/.test(line);
/** A watch that has just begun has seen nothing yet. */
const LEAST_WATCHED_S = 5;
/** What counts of a watch that goes on: a fault of days ago is none of now. */
const WINDOW_NS = 600e9;

type Verdict = z.infer<typeof networkAnswer>['verdict'];

/** By the worst that was found, what only informs is healthy; that nothing was found says nothing of what was not watched. */
const verdictOf = (worst: Severity, isKnown: boolean): Verdict => {
  if (isAtLeast(worst, 'medium')) return 'faulty';
  if (isAtLeast(worst, 'low')) return 'suspicious';
  return isKnown ? 'healthy' : 'unknown';
};

export const getNetworkHealth = defineTool({
  name: 'get_network_health',
  title: 'Network health',
  description:
    'What is wrong with the network of this host, or of one process: drops by class, losses, refusals, name servers.',
  traits: { scope: 'telemetry:read', untrusted: true },
  input: z.object({ pid: pidField, recording: recordingField }),
  output: networkAnswer,
  handler: async ({ pid, recording: recorded }, context) => {
    const wish = { recorded, after: 0, least: 'info', waitMs: 0 } as const;
    const { alerts, not_watched, now, since = 0 } = await alertsFrom(context, wish);
    const from = now === undefined ? Number.NEGATIVE_INFINITY : now - WINDOW_NS;
    const recent = alerts.filter(({ watch, last }) => watch === 'network' && last >= from);
    const wanted = recent.filter(({ process }) => pid === undefined || process?.pid === pid);
    const watchedS = now === undefined ? undefined : Math.round((now - since) / 1e9);
    const isKnown = !not_watched.some(isNetwork) && (watchedS ?? LEAST_WATCHED_S) >= LEAST_WATCHED_S;
    const findings = grouped(wanted);
    const counters = await networkCountersFrom(context, recorded);
    const sent = counters.tcp_segments_sent ?? 0;
    return {
      verdict: verdictOf(findings[0]?.severity ?? 'info', isKnown),
      ...(watchedS === undefined ? {} : { watched_for_s: watchedS }),
      ...(pid === undefined ? {} : { unattributed: recent.filter(({ process }) => process === undefined).length }),
      findings: [...fitting(findings.slice(0, MOST_KINDS), context.budget - FRAME)],
      findings_total: findings.length,
      counters,
      retransmitted_share: sent === 0 ? 0 : Number(((counters.tcp_segments_sent_again ?? 0) / sent).toPrecision(3)),
      not_watched: firstLines(not_watched),
    };
  },
});
