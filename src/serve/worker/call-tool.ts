// Where a call runs: in this thread when it is quick, in one of its own when the recording is so large that it may take seconds.
import { statSync } from 'node:fs';
import { withAlertsPending } from '../live/alerts-source.ts';
import type { Tool, ToolContext } from '../tool.ts';
import { callInThread } from './pool.ts';

/** Bytes of a recording whose analyses take about a tenth of a second. */
const LARGE = 8 * 1024 * 1024;

const bytesOf = (path: string): number =>
  [path, `${path}-wal`].reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);

const answerOf = async (tool: Tool, args: unknown, context: ToolContext): Promise<Record<string, unknown>> => {
  if (tool.traits.heavy !== true) return tool.call(args, context);
  const path = context.path();
  if (bytesOf(path) < LARGE) return tool.call(args, context);
  const { budget, principal, signal } = context;
  return callInThread({ tool: tool.name, args, path, budget, principal }, signal);
};

/**
 * The answer of a tool, and what its caller has not been told of yet. Throws as the tool does; when the call is cancelled, an
 * error that says so.
 */
export const callTool = async (tool: Tool, args: unknown, context: ToolContext): Promise<Record<string, unknown>> =>
  withAlertsPending(await answerOf(tool, args, context), context);
