// Any tool's answer as text for people: tables for lists of objects, "key: value" for the rest. Knows no tool.
import { formatTime } from '../time-text.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** Times are shown with their unit, so their name needs none. */
const titleOf = (key: string, values: readonly unknown[]): string =>
  values.some((value) => typeof value === 'number') ? key.replace(/_ns$/, '') : key;
const LONGEST_CELL = 60;

const cellOf = (key: string, value: unknown): string => {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' && key.endsWith('_ns')) return formatTime(value);
  if (typeof value === 'number' && key === 'share') return `${(value * 100).toFixed(1)} %`;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return value.join(' < ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

const shortened = (text: string): string => {
  const letters = [...text];
  return letters.length > LONGEST_CELL ? `${letters.slice(0, LONGEST_CELL - 1).join('')}…` : text;
};

/** The last cell has nothing after it, so it keeps its length. */
const shortenedRow = (cells: readonly string[]): readonly string[] =>
  cells.map((cell, i) => (i === cells.length - 1 ? cell : shortened(cell)));

const listLines = (items: readonly unknown[], style: Style): readonly string[] => {
  if (items.length === 0) return ['(none)'];
  if (!items.every(isFields)) return items.map((item) => `- ${cellOf('', item)}`);
  // What does not fit into a table is shown as one block after the other.
  if (
    items.some((item) =>
      Object.values(item).some((value) => isFields(value) || (Array.isArray(value) && value.some(isFields))),
    )
  )
    return items.flatMap((item, i) => [...(i === 0 ? [] : ['']), ...fieldLines(item, style)]);
  const keys = [...new Set(items.flatMap((item) => Object.keys(item)))].filter((key) =>
    items.some((item) => cellOf(key, item[key]) !== ''),
  );
  const rows = items.map((item) => shortenedRow(keys.map((key) => cellOf(key, item[key]))));
  const titles = keys.map((key) =>
    titleOf(
      key,
      items.map((item) => item[key]),
    ),
  );
  return headed(tableLines(titles, rows), style);
};

const headed = ([head, ...rest]: readonly string[], style: Style): readonly string[] =>
  head === undefined ? [] : [style.faint(head), ...rest];

/** `{columns, rows}` of a query: the one shape of a list that is not a list of objects. */
const queryLines = ({ columns, rows, ...rest }: Fields, style: Style): readonly string[] | undefined => {
  if (!Array.isArray(columns) || !Array.isArray(rows) || !rows.every(Array.isArray)) return undefined;
  const cells = rows.map((row: readonly unknown[]) => shortenedRow(row.map((value) => cellOf('', value))));
  return [...headed(tableLines(columns.map(String), cells), style), '', ...fieldLines(rest, style)];
};

const fieldLines = (fields: Fields, style: Style): readonly string[] => {
  const asQuery = queryLines(fields, style);
  if (asQuery !== undefined) return asQuery;
  const entries = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  const isBlock = (value: unknown) => isFields(value) || Array.isArray(value);
  const plain = entries.filter(([, value]) => !isBlock(value));
  const width = Math.max(0, ...plain.map(([key, value]) => titleOf(key, [value]).length));
  return [
    ...plain.map(
      ([key, value]) => `${style.faint(`${titleOf(key, [value])}:`.padEnd(width + 1))} ${cellOf(key, value)}`,
    ),
    ...entries
      .filter(([, value]) => isBlock(value))
      .flatMap(([key, value]) => [
        '',
        style.bold(key),
        ...(Array.isArray(value) ? listLines(value, style) : fieldLines(isFields(value) ? value : {}, style)).map(
          (line) => (line === '' ? '' : `  ${line}`),
        ),
      ]),
  ];
};

/** An answer as text, ending in a line feed. */
export const renderAnswer = (answer: Fields, style: Style): string =>
  `${fieldLines(answer, style).join('\n').replace(/^\n+/, '')}\n`;
