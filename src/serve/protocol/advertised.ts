// A tool as clients are told of it. Constants of the program: nothing from a recording is ever put into them.
import { createHash } from 'node:crypto';
import { leanSchema } from '../lean-schema.ts';
import type { Tool } from '../tool.ts';
import { tools } from '../tools.ts';

export type Advertised = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: Record<string, unknown>;
  readonly annotations: Readonly<Record<string, boolean>>;
  readonly _meta?: Record<string, unknown>;
  readonly outputSchema: Record<string, unknown>;
};

const known = new Map<Tool, Advertised>();

/** In the order in which the SDK sends them, so that a client gets the same hash over what it received. */
const advertise = (tool: Tool): Advertised => ({
  name: tool.name,
  title: tool.title,
  description: tool.description,
  inputSchema: leanSchema(tool.input, 'input'),
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
  outputSchema: leanSchema(tool.output, 'output'),
});

/** What clients are told of a tool; made once. */
export const advertised = (tool: Tool): Advertised => {
  const made = known.get(tool) ?? advertise(tool);
  known.set(tool, made);
  return made;
};

/** SHA-256 of `tools` of tools/list as JSON, in hex: who has seen it once notices the change of any word in a definition. */
export const toolsHash = (): string =>
  createHash('sha256')
    .update(JSON.stringify(tools.map(advertised)))
    .digest('hex');
