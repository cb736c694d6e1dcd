// The rows of a recording and the events of the kernel side as JSON Schema (draft 2020-12), for programs that read them.
import { events } from '../events.ts';
import type { Field } from '../field.ts';
import { type Kind, kinds } from '../kinds.ts';
import { SCHEMA_VERSION, tables, views } from '../schema.ts';

type Schema = Readonly<Record<string, unknown>>;

const jsonTypes = { INTEGER: 'integer', REAL: 'number', TEXT: 'string' } as const;

/** A value as SQLite's own JSON functions and most drivers give it; a BLOB as base64. */
const typeOf = (kind: Kind): Schema => {
  const { sql } = kinds[kind];
  return sql === 'BLOB' ? { type: 'string', contentEncoding: 'base64' } : { type: jsonTypes[sql] };
};

const described = ({ kind, doc }: Field, schema: Schema): Schema => ({
  ...schema,
  description: `${doc} [${kinds[kind].unit}]`,
});

const nullable = (schema: Schema): Schema => ({ ...schema, type: [schema.type, 'null'] });

const objectOf = (doc: string, properties: Readonly<Record<string, Schema>>): Schema => ({
  description: doc,
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

type Rows = {
  readonly doc: string;
  readonly columns: readonly Field[];
  readonly primaryKey?: readonly string[];
};

const rowSchema = ({ doc, columns, primaryKey }: Rows): Schema =>
  objectOf(
    doc,
    Object.fromEntries(
      columns.map((column) => {
        const isKey = column.kind === 'id' || primaryKey?.includes(column.name) === true;
        return [column.name, described(column, isKey ? typeOf(column.kind) : nullable(typeOf(column.kind)))];
      }),
    ),
  );

const eventField = (field: Field): Schema => {
  const { length, kind } = field;
  if (length === undefined) return described(field, typeOf(kind));
  return described(
    field,
    kinds[kind].c === 'char'
      ? { type: 'string', maxLength: length }
      : { type: 'array', items: typeOf(kind), maxItems: length },
  );
};

const named = (prefix: string, entries: readonly (readonly [string, Schema])[]) =>
  Object.fromEntries(entries.map(([name, schema]) => [`${prefix}_${name}`, schema]));

/**
 * The schema of everything in a recording. `$defs` has `row_NAME` for a row of each table and view, all columns by name,
 * and `event_NAME` for each event of the kernel side.
 */
export const recordingSchema = (): Schema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'whytrace recording',
  description: `Rows and events of a whytrace recording, format ${SCHEMA_VERSION}`,
  $defs: {
    ...named(
      'row',
      [...views, ...tables].map((spec) => [spec.name, rowSchema(spec)]),
    ),
    ...named(
      'event',
      Object.values(events).map(({ name, doc, fields }) => [
        name,
        objectOf(doc, Object.fromEntries(fields.map((field: Field) => [field.name, eventField(field)]))),
      ]),
    ),
  },
});
