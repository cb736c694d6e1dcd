// Tools that the official conformance suite calls: content of every kind, an error, logging, progress, headers, changes.
import { setTimeout as sleep } from 'node:timers/promises';
import type { OnChange } from '../protocol/changes.ts';
import type { CallToolResult, McpServer, ServerContext, StandardSchemaWithJSON } from '../protocol/sdk.ts';
import { z } from '../zod.ts';
import { image, text, WAV } from './media.ts';

type Answer = (request: ServerContext) => CallToolResult | Promise<CallToolResult>;

const embedded = (uri: string, mimeType: string, words: string) =>
  ({ type: 'resource', resource: { uri, mimeType, text: words } }) as const;

const contents: Readonly<Record<string, CallToolResult['content']>> = {
  test_simple_text: [text('This is a simple text response for testing.')],
  test_image_content: [image],
  test_audio_content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }],
  test_embedded_resource: [embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
  test_multiple_content_types: [
    text('Multiple content types test:'),
    image,
    embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
  ],
};

const logging: Answer = async ({ mcpReq }) => {
  for (const words of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
    await mcpReq.log('info', words);
    await sleep(50);
  }
  return { content: [text('logged')] };
};

const progress: Answer = async ({ mcpReq }) => {
  const progressToken = mcpReq._meta?.progressToken;
  for (const done of [0, 50, 100]) {
    const params = { progressToken: progressToken ?? '', progress: done, total: 100 };
    if (progressToken !== undefined) await mcpReq.notify({ method: 'notifications/progress', params });
    await sleep(50);
  }
  return { content: [text('progressed')] };
};

/** Ends its stream before it answers: the client has to come back for the answer. */
const reconnection: Answer = async ({ http }) => {
  http?.closeSSE?.();
  await sleep(100);
  return { content: [text('The answer is there after a reconnection.')] };
};

const failing: Answer = () => {
  throw new Error('This tool intentionally returns an error for testing');
};

const asSent = (schema: Record<string, unknown>): StandardSchemaWithJSON<unknown, unknown> => ({
  '~standard': {
    version: 1,
    vendor: 'whytrace',
    validate: (value: unknown) => ({ value }),
    jsonSchema: { input: () => schema, output: () => schema },
  },
});

/** Every keyword of JSON Schema 2020-12 that a server must pass on untouched. */
const everyKeyword = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

const withHeader = {
  type: 'object',
  properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
  required: ['region'],
};

/** Registers them. `tell` publishes a change to whoever listens. */
export const offerFixtureTools = (server: McpServer, tell: OnChange): void => {
  const changing =
    (of: 'tools' | 'prompts'): Answer =>
    () => {
      tell({ kind: 'list', of });
      return { content: [text(`the list of ${of} has changed`)] };
    };
  const answers: Readonly<Record<string, Answer>> = {
    ...Object.fromEntries(Object.entries(contents).map(([name, content]) => [name, () => ({ content })])),
    test_tool_with_logging: logging,
    test_logging_tool: logging,
    test_tool_with_progress: progress,
    test_reconnection: reconnection,
    test_error_handling: failing,
    test_trigger_tool_change: changing('tools'),
    test_trigger_prompt_change: changing('prompts'),
  };
  for (const [name, answer] of Object.entries(answers))
    server.registerTool(name, { description: `Fixture: ${name}`, inputSchema: z.object({}) }, (_, request) =>
      answer(request),
    );
  const plain = () => ({ content: [text('accepted')] });
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Fixture: keywords of JSON Schema 2020-12', inputSchema: asSent(everyKeyword) },
    plain,
  );
  server.registerTool(
    'test_custom_headers',
    { description: 'Fixture: an argument that is mirrored in a header', inputSchema: asSent(withHeader) },
    plain,
  );
};
