// The arguments of a tool as JSON Schema, for surfaces that derive flags or forms from them.
import { leanSchema } from './lean-schema.ts';
import type { Tool } from './tool.ts';

/** What a surface needs to know of one argument; `type` is missing when several types are accepted. */
export type ArgumentSchema = { readonly type?: unknown; readonly description?: unknown };

const isSchema = (value: unknown): value is ArgumentSchema => typeof value === 'object' && value !== null;

export const argumentSchemas = (tool: Tool): Readonly<Record<string, ArgumentSchema>> => {
  const { properties } = leanSchema(tool.input, 'input');
  return Object.fromEntries(
    Object.entries(properties ?? {}).flatMap(([name, schema]) => (isSchema(schema) ? [[name, schema]] : [])),
  );
};
