// The tools, in the order in which an investigation uses them. To add one: its file, its test, its line here.

import { nearest } from '../base/nearest.ts';
import { errors } from './errors.ts';
import type { Tool } from './tool.ts';
import { compareWindows } from './tools/compare-windows.ts';
import { describeSchema } from './tools/describe-schema.ts';
import { explainEvent } from './tools/explain-event.ts';
import { getAlerts } from './tools/get-alerts.ts';
import { getAuditLog } from './tools/get-audit-log.ts';
import { getCausalChains } from './tools/get-causal-chains.ts';
import { getCheck } from './tools/get-check.ts';
import { getNetworkHealth } from './tools/get-network-health.ts';
import { getStacks } from './tools/get-stacks.ts';
import { getTimeline } from './tools/get-timeline.ts';
import { getTraceStats } from './tools/get-trace-stats.ts';
import { listSubscriptions } from './tools/list-subscriptions.ts';
import { runSqlTool } from './tools/run-sql.ts';
import { unsubscribe } from './tools/unsubscribe.ts';
import { watchEvents } from './tools/watch-events.ts';

export const tools: readonly Tool[] = [
  getTraceStats,
  getCausalChains,
  explainEvent,
  getStacks,
  getTimeline,
  compareWindows,
  runSqlTool,
  describeSchema,
  getAlerts,
  getNetworkHealth,
  watchEvents,
  listSubscriptions,
  unsubscribe,
  getCheck,
  getAuditLog,
];

/** Those that answer from a recording; the others need the running kernel. */
export const recordingTools: readonly Tool[] = tools.filter(({ traits }) => traits.live !== true);

/** The tool of that name. Throws a UserError with a suggestion when there is none. */
export const toolNamed = (name: string): Tool => {
  const found = tools.find((tool) => tool.name === name);
  if (found !== undefined) return found;
  const known = tools.map((tool) => tool.name);
  throw errors.unknownTool({ name, known, near: nearest(name, known) });
};
