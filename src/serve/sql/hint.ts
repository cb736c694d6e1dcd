// Turns what SQLite says about a query into what its author should do next.
import type { UserError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { cleanText } from '../../base/sanitize.ts';
import { errors } from '../errors.ts';
import { FUNCTIONS } from './allowed.ts';
import type { Published } from './published.ts';

const LONGEST_MESSAGE = 500;

type Rule = { readonly match: RegExp; readonly todo: string };

const rules: readonly Rule[] = [
  { match: /no such column/i, todo: "call describe_schema for the columns; text goes in 'single quotes'" },
  { match: /no such table/i, todo: 'call describe_schema for the tables and views' },
  { match: /no such function/i, todo: 'use a function of SQLite: https://www.sqlite.org/lang_corefunc.html' },
  { match: /wrong number of arguments/i, todo: 'check the arguments: https://www.sqlite.org/lang_corefunc.html' },
  { match: /ambiguous column/i, todo: 'write the table before the column, as in calls.start_ns' },
  { match: /misuse of (aggregate|window)/i, todo: 'move it into a subquery, or use HAVING' },
  {
    match: /recursion limit|parser stack|expression tree|too many|too large/i,
    todo: 'write a shorter query: fewer columns, terms and levels of parentheses',
  },
  {
    match: /unrecognized token|incomplete input|syntax error/i,
    todo: 'correct the SQL; its dialect is that of SQLite 3',
  },
];

/** Columns of the views that a query names; of all when it names none. */
const columnsNamed = (sql: string, { columns }: Published): readonly string[] => {
  const words = new Set(sql.toLowerCase().match(/\w+/g) ?? []);
  const named = [...columns].filter(([name]) => words.has(name.toLowerCase()));
  return [...new Set((named.length > 0 ? named : [...columns]).flatMap(([, names]) => names))];
};

/** What was probably meant by a name that is not there. */
const meantBy = (message: string, sql: string, published: Published): string | undefined => {
  const [, kind, name = ''] = /^no such (column|table|function): (.*)$/i.exec(message) ?? [];
  const word = name.split('.').at(-1) ?? '';
  if (kind === 'function') return nearest(word, [...FUNCTIONS]);
  if (kind === 'table') return nearest(word, [...published.columns.keys()]);
  return kind === 'column' ? nearest(word, columnsNamed(sql, published)) : undefined;
};

/** The error for a message of SQLite about a query. */
export const hintFor = (message: string, cause: unknown, sql: string, published: Published): UserError => {
  if (/out of memory/i.test(message)) return errors.sqlTooBig({ why: 'it needed too much memory' }, cause);
  if (/too big/i.test(message)) return errors.sqlTooBig({ why: 'a value or row was longer than 512 KiB' }, cause);
  const why = cleanText(message, LONGEST_MESSAGE);
  const meant = meantBy(message, sql, published);
  const rule = rules.find(({ match }) => match.test(message));
  const todo = rule?.todo ?? 'see https://www.sqlite.org/lang.html';
  return errors.sqlFailed({ why, todo: meant === undefined ? todo : `did you mean ${meant}? ${todo}` }, cause);
};
