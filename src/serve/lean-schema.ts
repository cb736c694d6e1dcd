// The JSON Schema of a tool's input or output without words that tell a model nothing: every client pays for each of
// them in each conversation.
import { z } from './zod.ts';

/** Bounds that `z.int()` adds to every integer. */
const isSafeBound = (value: unknown): boolean => value === Number.MAX_SAFE_INTEGER || value === Number.MIN_SAFE_INTEGER;

const isDropped = (io: 'input' | 'output', key: string, value: unknown): boolean =>
  key === '$schema' ||
  isSafeBound(value) ||
  // An answer may gain fields in a later version; an argument that nobody reads is a mistake.
  (io === 'output' && key === 'additionalProperties' && value === false) ||
  // Which fields an answer has is seen in it; the list of their names, again, would be a tenth of all definitions.
  (io === 'output' && key === 'required' && Array.isArray(value));

const lean = (io: 'input' | 'output', schema: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !isDropped(io, key, value))
      .map(([key, value]) => [key, leanValue(io, value)]),
  );

const leanValue = (io: 'input' | 'output', value: unknown): unknown => {
  if (Array.isArray(value)) return value.map((item) => leanValue(io, item));
  return typeof value === 'object' && value !== null ? lean(io, value) : value;
};

/** JSON Schema 2020-12. */
export const leanSchema = (schema: z.ZodObject, io: 'input' | 'output'): Record<string, unknown> =>
  lean(io, z.toJSONSchema(schema, { io }));
