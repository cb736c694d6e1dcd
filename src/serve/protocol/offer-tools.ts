// The tools as the protocol carries them: registered with a server, called with its cancellation and progress, answered as
// structured content and the same as text, or as an error that says what to do.
import { type ErrorParts, messageOf, UserError } from '../../base/errors.ts';
import { allowed } from '../identity/allowed.ts';
import { errors } from '../identity/errors.ts';
import type { Tool, ToolContext } from '../tool.ts';
import { callTool } from '../worker/call-tool.ts';
import { advertised, listedTools } from './advertised.ts';
import { withProgress } from './progress.ts';
import type { CallToolResult, McpServer, ServerContext, StandardSchemaWithJSON } from './sdk.ts';

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

const answer = async (
  tool: Tool,
  args: unknown,
  context: ToolContext,
  request: ServerContext,
): Promise<CallToolResult> => {
  try {
    // The list has only what the caller may use, and the gate stops the rest: this holds should either ever fail.
    const { principal } = context;
    if (!allowed(principal, tool))
      throw errors.scopeMissing({ what: tool.name, needed: [tool.traits.scope], held: principal?.scopes ?? [] });
    const { signal } = request.mcpReq;
    const structured = await withProgress(request, () => callTool(tool, args, { ...context, signal }));
    return { content: [{ type: 'text', text: JSON.stringify(structured) }], structuredContent: structured };
  } catch (thrown) {
    return failure(partsOf(thrown));
  }
};

/**
 * Advertises a schema but lets every value through: the tool itself checks what it gets and what it gives, and says in our
 * words what is wrong.
 */
const asTold = (schema: Record<string, unknown>): StandardSchemaWithJSON<unknown, unknown> => ({
  '~standard': {
    version: 1,
    vendor: 'whytrace',
    validate: (value: unknown) => ({ value }),
    jsonSchema: { input: () => schema, output: () => schema },
  },
});

/**
 * Registers tools, in their order. Those of the running kernel can always be called, and say what to do where it cannot be asked; the
 * list has them only where it can, so that nobody pays for words that lead nowhere.
 */
export const offerTools = (server: McpServer, tools: readonly Tool[], context: ToolContext): void => {
  for (const tool of tools) {
    const { name, inputSchema, outputSchema, ...rest } = advertised(tool);
    server.registerTool(
      name,
      { ...rest, inputSchema: asTold(inputSchema), outputSchema: asTold(outputSchema) },
      (args, request) => answer(tool, args, context, request),
    );
  }
  if (tools.length > 0)
    server.server.setRequestHandler('tools/list', () => ({ tools: listedTools(tools, context).map(advertised) }));
};
