// The reference documents of the catalogue: what is recorded, from where, in which unit, and what may be missing.
import { auditTable, mcpCalls } from '../audit.ts';
import type { CallSpec, Source } from '../call.ts';
import { calls } from '../calls.ts';
import { events } from '../events.ts';
import { kernelStructs, type StructSpec } from '../kernel-structs.ts';
import { kinds } from '../kinds.ts';
import { losses } from '../losses.ts';
import { rootKinds } from '../root-kinds.ts';
import { views } from '../schema.ts';
import type { TableSpec, ViewSpec } from '../table.ts';
import { metaTables } from '../tables/meta.ts';
import { rawTables } from '../tables/raw.ts';
import { layoutOf } from './layout.ts';
import { code, markdownPage, markdownTable } from './markdown.ts';

const structTable = ({ fields }: StructSpec): string => {
  const { at } = layoutOf(fields);
  return markdownTable(
    ['offset', 'bytes', 'field', 'type', 'kind', 'unit', 'meaning'],
    fields.map(({ name, kind, length, doc }) => {
      const { offset, size } = at(name);
      const type = kinds[kind].c + (length === undefined ? '' : `[${length}]`);
      return [String(offset), String(size), code(name), code(type), kind, kinds[kind].unit, doc];
    }),
  );
};

const structSection = (title: string, struct: StructSpec): readonly string[] => [
  `## ${title}`,
  `${struct.doc}. ${layoutOf(struct.fields).size} bytes.`,
  structTable(struct),
];

/** docs/generated/events.md: the events of the kernel side, byte by byte. */
export const eventsDoc = (): string =>
  markdownPage('Events', '`src/catalogue/events.ts` and `src/catalogue/kernel-structs.ts`', [
    'What the kernel side sends: one C struct each, in the ring buffers. In the kernel, times are on CLOCK_MONOTONIC; the reader subtracts the start of the recording.',
    ...Object.values(events).flatMap((event) => structSection(`${event.id} ${event.name}`, event)),
    '# Other structs shared with the kernel side',
    ...Object.values(kernelStructs).flatMap((struct) => structSection(struct.name, struct)),
  ]);

const halves = { all: '', low: ', low half', high: ', high half' } as const;
const placeText = ({ from, part, through }: Source): string =>
  (through === undefined ? `word ${from}` : `word ${from} behind word ${through}`) + halves[part];

const pointerText = ({ ptr }: CallSpec): string => {
  if (ptr === undefined) return '';
  return ptr.how === 'returned' ? `written through word ${ptr.slot}` : `word ${ptr.slot}`;
};

const callsTable = (library: CallSpec['library']): string =>
  markdownTable(
    ['id', 'call', 'role', 'also known as', 'arguments kept', 'pointer kept'],
    calls
      .filter((call) => call.library === library)
      .map((call) => [
        String(call.id),
        code(call.op),
        call.role,
        call.aliases.map(code).join(', '),
        Object.entries(call.args)
          .map(([name, source]) => `${code(name)} (${placeText(source)})`)
          .join(', '),
        pointerText(call),
      ]),
  );

/** docs/generated/calls.md: the library calls that are traced, and what is kept of each. */
export const callsDoc = (): string =>
  markdownPage('Calls', '`src/catalogue/sources/`', [
    'The library calls that are traced. A library that lacks one is normal. Arguments are counted in 8-byte words in calling order, from 0, as the calling conventions of x86-64 and arm64 pass them; "behind word N" is a word of the memory that word N points to. `_ptsz` and `_ptds` variants use the per-thread default stream.',
    'A duration is that of the API call, not of the work of the GPU.',
    '## CUDA runtime (libcudart)',
    callsTable('cudart'),
    '## CUDA driver (libcuda)',
    callsTable('cuda'),
  ]);

const columnsTable = (columns: TableSpec['columns']): string =>
  markdownTable(
    ['column', 'type', 'unit', 'meaning'],
    columns.map(({ name, kind, doc }) => [code(name), kinds[kind].sql, kinds[kind].unit, doc]),
  );

const tableSection = ({ name, doc, columns, primaryKey }: TableSpec): readonly string[] => [
  `### ${name}`,
  `${doc}.${primaryKey === undefined ? '' : ` Key: ${primaryKey.map(code).join(', ')}.`}`,
  columnsTable(columns),
];

const viewSection = ({ name, doc, columns, examples }: ViewSpec): readonly string[] => [
  `### ${name}`,
  `${doc}.`,
  columnsTable(columns),
  ...examples.map(({ question, sql }) => `${question}\n\n\`\`\`sql\n${sql.replace(/\s+/g, ' ')}\n\`\`\``),
];

/** docs/generated/tables.md: every view, table and column of a recording, with queries that work. */
export const tablesDoc = (): string =>
  markdownPage('Tables', '`src/catalogue/tables/`', [
    'A recording is one SQLite file. It carries this description in its own tables `meta_table`, `meta_column` and `meta_example`. Ask the views; the tables are how the rows are kept.',
    '## Views',
    ...views.flatMap(viewSection),
    '## Values of waits.kind, and of the kind of a cause',
    markdownTable(
      ['kind', 'meaning'],
      Object.entries(rootKinds).map(([name, doc]) => [code(name), doc]),
    ),
    '## Tables',
    ...Object.values(rawTables).flatMap(tableSection),
    '## Tables about the recording',
    ...Object.values(metaTables).flatMap(tableSection),
    '## Beside a recording: who asked what',
    'The view is there for callers that may read the audit log, a file of its own; the table is that file.',
    ...viewSection(mcpCalls),
    ...tableSection(auditTable),
  ]);

/** docs/generated/losses.md: every way in which a recording can lack something. */
export const lossesDoc = (): string =>
  markdownPage('Losses', '`src/catalogue/losses.ts`', [
    'Whatever a recording lacks is a row of the view `losses` with when, why and how many, and an answer about a time that a loss touches says so.',
    markdownTable(
      ['reason', 'counted by', 'meaning'],
      Object.entries(losses).map(([name, { source, doc }]) => [code(name), source, doc]),
    ),
  ]);
