// The tools, in the order in which an investigation uses them. To add one: its file, its test, its line here.
import { errors } from './errors.ts';
import { nearest } from './nearest.ts';
import type { Tool } from './tool.ts';
import { describeSchema } from './tools/describe-schema.ts';
import { getCausalChains } from './tools/get-causal-chains.ts';
import { getCheck } from './tools/get-check.ts';
import { getStacks } from './tools/get-stacks.ts';
import { getTimeline } from './tools/get-timeline.ts';
import { getTraceStats } from './tools/get-trace-stats.ts';
import { runSqlTool } from './tools/run-sql.ts';

export const tools: readonly Tool[] = [
  getTraceStats,
  getCausalChains,
  getStacks,
  getTimeline,
  runSqlTool,
  describeSchema,
  getCheck,
];

/** The tool of that name. Throws a UserError with a suggestion when there is none. */
export const toolNamed = (name: string): Tool => {
  const found = tools.find((tool) => tool.name === name);
  if (found !== undefined) return found;
  const known = tools.map((tool) => tool.name);
  throw errors.unknownTool({ name, known, near: nearest(name, known) });
};
