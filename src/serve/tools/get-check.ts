// Can this machine record, and what is missing? The same as `whytrace doctor`. And which MCP servers are on it?

import { recordedServers } from '../../analysis/recorded-servers.ts';
import type { McpServer } from '../../base/mcp-server.ts';
import { fitting } from '../fit.ts';
import { defineTool, type ToolContext, withRecording } from '../tool.ts';
import { z } from '../zod.ts';

const check = z.object({
  name: z.string(),
  ok: z.boolean(),
  required: z.boolean().describe('Recording is impossible without it'),
  what: z.string(),
  why: z.string(),
  todo: z.string().describe('The remedy, empty when ok'),
});

const server = z.object({
  pid: z.number(),
  comm: z.string(),
  uid: z.number().nullable(),
  user: z.string().nullable(),
  args: z.string(),
  package: z.string().nullable(),
  transport: z.enum(['stdio', 'http', 'unix', 'unknown']),
  addresses: z.array(z.string()),
  parents: z.array(z.object({ pid: z.number(), comm: z.string() })),
  client: z.string().nullable(),
  confidence: z.number(),
  why: z.array(z.string()),
  seen: z.enum(['running', 'recorded']),
});

/** The shape of the answer about servers. */
export const serversAnswer = z.object({
  servers: z.array(server).describe('Likeliest first'),
  servers_total: z.number(),
  unseen: z.number().describe('Processes that could not be looked into'),
});

/** Characters of an answer that are not servers. */
const FRAME = 300;

/** Those that the recorder saw; none where there is no recording. */
const recorded = (context: ToolContext): readonly McpServer[] => {
  try {
    return withRecording(context, recordedServers);
  } catch {
    return [];
  }
};

/** Those that run, and those of the recording that do not. */
const serversOf = async (context: ToolContext) => {
  const { servers: running = [], unseen = 0 } = (await context.servers?.()) ?? {};
  const isRunning = (one: McpServer) => running.some(({ pid, args }) => pid === one.pid && args === one.args);
  const all = [...running, ...recorded(context).filter((one) => !isRunning(one))];
  return { servers: fitting(all, context.budget - FRAME), servers_total: all.length, unseen };
};

/** What recording needs, and as many libraries as there is room for. */
const machineOf = async (context: ToolContext) => {
  const { libraries = [], ...machine } = await context.check();
  if (libraries.length === 0) return machine;
  return { ...machine, libraries: fitting(libraries, context.budget - JSON.stringify(machine).length) };
};

export const getCheck = defineTool({
  name: 'get_check',
  title: 'Check',
  description:
    'Can this machine record? What recording needs of kernel, privileges and libraries, with the remedy for what is missing. With mcp: the MCP servers on this host.',
  traits: { scope: 'telemetry:read', untrusted: true },
  input: z.strictObject({ mcp: z.boolean().optional().describe('List MCP servers instead') }),
  output: z.object({
    ok: z.boolean(),
    checks: z.array(check),
    libraries: z
      .array(z.object({ path: z.string(), sites: z.record(z.string(), z.array(z.string())) }))
      .describe(
        'CUDA libraries here; sites: bytes into the function and price of its probes ("+4 push"), and which functions',
      )
      .optional(),
    mcp: serversAnswer.optional(),
  }),
  handler: async ({ mcp }, context) =>
    mcp === true ? { ok: true, checks: [], mcp: await serversOf(context) } : machineOf(context),
});
