// The JSON Schemas that clients are told: only what helps a model to call the tool and to find its way in the answer. Every
// client pays for each word of them in each conversation; whatever they leave out is still checked inside.
import { z } from './zod.ts';

type Schema = Record<string, unknown>;

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Bounds that nobody but a wrong call runs into: those that `z.int()` adds to every integer, lengths, counts from one on. */
const isDropped = (key: string, value: unknown): boolean =>
  key === '$schema' ||
  key === 'maxLength' ||
  key === 'minLength' ||
  (key === 'minimum' && typeof value === 'number' && value <= 1) ||
  value === Number.MAX_SAFE_INTEGER;

/** A number or a text, as times are, is told as the text: it says more, and some clients know no choices. */
const asText = (schema: Schema): Schema => {
  const { anyOf, type, ...rest } = schema;
  const types = Array.isArray(anyOf) ? anyOf.map((option) => isSchema(option) && option.type) : type;
  return Array.isArray(types) && types.includes('string') ? { ...rest, type: 'string' } : schema;
};

const leanInput = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(leanInput);
  if (!isSchema(value)) return value;
  return Object.fromEntries(
    Object.entries(asText(value))
      .filter(([key, inner]) => !isDropped(key, inner))
      .map(([key, inner]) => [key, leanInput(inner)]),
  );
};

/** A field of an answer: its type, its meaning, its choices. What is below it shows itself in the answer. */
const leanField = (field: unknown): Schema => {
  if (!isSchema(field)) return {};
  const { type, description, enum: choices } = field;
  return {
    // Not every client reads a list of types; every one reads alternatives.
    ...(Array.isArray(type) ? { anyOf: type.map((each) => ({ type: each })) } : {}),
    ...(typeof type === 'string' ? { type } : {}),
    ...(choices === undefined ? {} : { enum: choices }),
    ...(description === undefined ? {} : { description }),
  };
};

/** JSON Schema 2020-12. Of an answer the top-level fields only. */
export const leanSchema = (schema: z.ZodObject, io: 'input' | 'output'): Schema => {
  const { properties, required, additionalProperties } = z.toJSONSchema(schema, { io });
  const fields = Object.entries(properties ?? {});
  return {
    type: 'object',
    properties: Object.fromEntries(
      fields.map(([name, field]) => [name, io === 'input' ? leanInput(field) : leanField(field)]),
    ),
    // An answer may gain fields in a later version; an argument that nobody reads is a mistake.
    ...(io === 'input' && required !== undefined ? { required } : {}),
    ...(io === 'input' && additionalProperties === false ? { additionalProperties } : {}),
  };
};
