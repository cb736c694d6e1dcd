// The MCP server: offers the tools and the prompt in the revisions 2026-07-28 and 2025-06-18/2025-11-25 of the protocol.
// The one door to the SDK. Stdout is the wire: nothing here may print.
import { type CallToolResult, McpServer, type StandardSchemaWithJSON } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { type ErrorParts, messageOf, UserError } from '../base/errors.ts';
import { instructions } from './instructions.ts';
import { leanSchema } from './lean-schema.ts';
import { investigateText } from './prompts/investigate.ts';
import type { Tool, ToolContext } from './tool.ts';
import { tools } from './tools.ts';
import { z } from './zod.ts';

/** Lists are constants of the program: clients may keep them for five minutes. */
const LISTS = { ttlMs: 300_000, cacheScope: 'public' } as const;

const failure = (parts: ErrorParts): CallToolResult => ({
  content: [{ type: 'text', text: JSON.stringify({ error: parts }) }],
  isError: true,
});

const partsOf = (thrown: unknown): ErrorParts =>
  thrown instanceof UserError
    ? thrown.parts
    : {
        code: 'internal_error',
        what: 'the tool failed',
        why: messageOf(thrown),
        todo: 'this is a fault of whytrace: please report it',
      };

const answer = async (tool: Tool, args: unknown, context: ToolContext): Promise<CallToolResult> => {
  try {
    const structured = await tool.call(args, context);
    return { content: [{ type: 'text', text: JSON.stringify(structured) }], structuredContent: structured };
  } catch (thrown) {
    return failure(partsOf(thrown));
  }
};

/**
 * Advertises a schema but lets every value through: the tool itself checks what it gets and what it gives, and says in our
 * words what is wrong.
 */
const advertised = (schema: z.ZodObject): StandardSchemaWithJSON<unknown, unknown> => ({
  '~standard': {
    version: 1,
    vendor: 'whytrace',
    validate: (value: unknown) => ({ value }),
    jsonSchema: { input: () => leanSchema(schema, 'input'), output: () => leanSchema(schema, 'output') },
  },
});

const annotationsOf = ({ traits }: Tool) => ({
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  // Tells clients to look at the answer with care: it holds text from outside.
  openWorldHint: traits.untrusted,
});

/** A server over one recording. Cheap: registers, opens nothing. */
export const mcpServer = (version: string, context: ToolContext): McpServer => {
  const server = new McpServer(
    { name: 'whytrace', title: 'whytrace: why was it slow?', version },
    {
      instructions,
      capabilities: { tools: { listChanged: false }, prompts: { listChanged: false } },
      cacheHints: { 'server/discover': LISTS, 'tools/list': LISTS, 'prompts/list': LISTS },
    },
  );
  for (const tool of tools)
    server.registerTool(
      tool.name,
      {
        title: tool.title,
        description: tool.description,
        inputSchema: advertised(tool.input),
        outputSchema: advertised(tool.output),
        annotations: annotationsOf(tool),
        ...(tool.traits.entry ? { _meta: { 'anthropic/alwaysLoad': true } } : {}),
      },
      (args, call) => answer(tool, args, { ...context, signal: call.mcpReq.signal }),
    );
  server.registerPrompt(
    'investigate',
    {
      title: 'Find the root cause',
      description: 'A guided walk from what was recorded to a root cause that holds up, or to "insufficient evidence"',
      argsSchema: z.object({
        question: z.string().max(1000).optional().describe('What was slow, in your words'),
        pid: z.string().regex(/^\d+$/).optional().describe('Only this process'),
      }),
    },
    ({ question, pid }) => ({
      messages: [{ role: 'user', content: { type: 'text', text: investigateText(question, pid) } }],
    }),
  );
  return server;
};

/** Serves over stdin and stdout until stdin ends. Faults of the wire are reported through `report`. */
export const serveOverStdio = (version: string, context: ToolContext, report: (error: Error) => void): void => {
  serveStdio(() => mcpServer(version, context), { onerror: report });
};
