// The SQL that makes an empty recording and writes its description of itself into it.
import { calls } from '../calls.ts';
import { kinds } from '../kinds.ts';
import { losses } from '../losses.ts';
import { tables, views } from '../schema.ts';
import type { TableSpec } from '../table.ts';

const columnSql = (spec: TableSpec) => (column: TableSpec['columns'][number]) =>
  column.name === 'id' && spec.primaryKey === undefined
    ? 'id INTEGER PRIMARY KEY'
    : `${column.name} ${kinds[column.kind].sql}`;

/** Tables with a compound or textual key hold few rows or are read by that key: they need no row number. */
export const tableSql = (spec: TableSpec) => {
  const key = spec.primaryKey === undefined ? '' : `, PRIMARY KEY (${spec.primaryKey.join(', ')})`;
  const ending = spec.primaryKey === undefined ? '' : ' WITHOUT ROWID';
  return `CREATE TABLE ${spec.name} (${spec.columns.map(columnSql(spec)).join(', ')}${key})${ending}`;
};

/** An index of all rows, and those of the rows that have something which few have. */
const indexSql = ({ name, index, sparse = [] }: TableSpec) => [
  ...(index === undefined ? [] : [`CREATE INDEX ${name}_by_${index.join('_')} ON ${name} (${index.join(', ')})`]),
  ...sparse.map(
    ({ column, by }) => `CREATE INDEX ${name}_with_${column} ON ${name} (${by}) WHERE ${column} IS NOT NULL`,
  ),
];

/** Statements that make the tables and views of an empty recording. */
export const ddl = (): readonly string[] => [
  ...tables.map(tableSql),
  ...tables.flatMap(indexSql),
  ...views.map((view) => `CREATE VIEW ${view.name} AS ${view.sql}`),
];

type Row = readonly (string | number | null)[];

/** Rows of the `meta_*` tables. */
export const metaRows = (): Readonly<
  Record<'meta_table' | 'meta_column' | 'meta_op' | 'meta_loss' | 'meta_example', readonly Row[]>
> => {
  const all = [
    ...tables.map((spec) => ({ ...spec, type: 'table' })),
    ...views.map((spec) => ({ ...spec, type: 'view' })),
  ];
  return {
    meta_table: all.map(({ name, type, doc }) => [name, type, doc]),
    meta_column: all.flatMap(({ name, columns }) =>
      columns.map((column, position) => [
        name,
        position,
        column.name,
        column.kind,
        kinds[column.kind].unit,
        column.doc,
      ]),
    ),
    meta_op: calls.map(({ id, op, library, role }) => [id, op, library, role]),
    meta_loss: Object.entries(losses).map(([name, { source, doc }]) => [name, source, doc]),
    meta_example: views.flatMap(({ name, examples }) => examples.map(({ question, sql }) => [name, question, sql])),
  };
};
