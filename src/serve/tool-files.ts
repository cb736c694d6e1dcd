// Where each tool is, in the order in which an investigation uses them: who asks one of them loads no other. To add one: its
// file, its test, its line here.
import { nearest } from '../base/nearest.ts';
import { errors } from './errors.ts';
import { watchFor } from './suspicious-text.ts';
import type { Tool } from './tool.ts';

const files = {
  get_trace_stats: async () => (await import('./tools/get-trace-stats.ts')).getTraceStats,
  get_causal_chains: async () => (await import('./tools/get-causal-chains.ts')).getCausalChains,
  explain_event: async () => (await import('./tools/explain-event.ts')).explainEvent,
  get_stacks: async () => (await import('./tools/get-stacks.ts')).getStacks,
  get_timeline: async () => (await import('./tools/get-timeline.ts')).getTimeline,
  compare_windows: async () => (await import('./tools/compare-windows.ts')).compareWindows,
  run_sql: async () => (await import('./tools/run-sql.ts')).runSqlTool,
  describe_schema: async () => (await import('./tools/describe-schema.ts')).describeSchema,
  get_alerts: async () => (await import('./tools/get-alerts.ts')).getAlerts,
  get_network_health: async () => (await import('./tools/get-network-health.ts')).getNetworkHealth,
  watch_events: async () => (await import('./tools/watch-events.ts')).watchEvents,
  list_subscriptions: async () => (await import('./tools/list-subscriptions.ts')).listSubscriptions,
  unsubscribe: async () => (await import('./tools/unsubscribe.ts')).unsubscribe,
  get_check: async () => (await import('./tools/get-check.ts')).getCheck,
  get_audit_log: async () => (await import('./tools/get-audit-log.ts')).getAuditLog,
} as const satisfies Readonly<Record<string, () => Promise<Tool>>>;

const table: ReadonlyMap<string, () => Promise<Tool>> = new Map(Object.entries(files));

export const toolNames: readonly string[] = [...table.keys()];
// In the words of a traced program the name of any tool is suspicious, whichever of them are loaded.
for (const name of toolNames) watchFor(name);

/** The tool of that name. Throws a UserError with a suggestion when there is none. */
export const loadTool = async (name: string): Promise<Tool> => {
  const load = table.get(name);
  if (load === undefined) throw errors.unknownTool({ name, known: toolNames, near: nearest(name, toolNames) });
  return load();
};

export const loadTools = (): Promise<readonly Tool[]> => Promise.all([...table.values()].map((load) => load()));
