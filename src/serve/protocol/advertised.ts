// A tool as clients are told of it. Constants of the program: nothing from a recording is ever put into them.
import { createHash } from 'node:crypto';
import { leanSchema } from '../lean-schema.ts';
import { liveState } from '../live/desk-of.ts';
import type { Tool, ToolContext } from '../tool.ts';
import { tools } from '../tools.ts';

type ObjectSchema = { type: 'object'; [key: string]: unknown };
export type Advertised = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: ObjectSchema;
  readonly annotations: Readonly<Record<string, boolean>>;
  readonly _meta?: Record<string, unknown>;
  readonly outputSchema: ObjectSchema;
};

const known = new Map<Tool, Advertised>();

/** A tool takes and gives objects; `type` stays where it stands. */
const objectSchema = (schema: Record<string, unknown>): ObjectSchema => ({ ...schema, type: 'object' });

/** In the order in which the SDK sends them, so that a client gets the same hash over what it received. */
const advertise = (tool: Tool): Advertised => ({
  name: tool.name,
  title: tool.title,
  description: tool.description,
  inputSchema: objectSchema(leanSchema(tool.input, 'input')),
  annotations: {
    // To start and to end a watch changes what the server does, never what was recorded.
    readOnlyHint: tool.traits.scope !== 'probe:control',
    destructiveHint: false,
    idempotentHint: tool.traits.scope !== 'probe:control',
    // Tells clients to look at the answer with care: it holds text from outside.
    openWorldHint: tool.traits.untrusted,
  },
  // Clients that look tools up when they are needed have these at hand from the start.
  ...(tool.traits.entry ? { _meta: { 'anthropic/alwaysLoad': true } } : {}),
  outputSchema: objectSchema(leanSchema(tool.output, 'output')),
});

/** What clients are told of a tool; made once. */
export const advertised = (tool: Tool): Advertised => {
  const made = known.get(tool) ?? advertise(tool);
  known.set(tool, made);
  return made;
};

/** Of the tools that a caller may use those it is told of now: what asks the running kernel only where that can be asked. */
export const listedTools = (all: readonly Tool[], context: ToolContext): readonly Tool[] =>
  liveState(context) === 'absent' ? all.filter(({ traits }) => traits.live !== true) : all;

/** SHA-256 of `tools` of tools/list as JSON, in hex: who has seen it once notices the change of any word in a definition. */
export const toolsHash = (listed: readonly Tool[] = tools): string =>
  createHash('sha256')
    .update(JSON.stringify(listed.map(advertised)))
    .digest('hex');
