// Turns what SQLite says about a query into what its author should do next.
import type { UserError } from '../../base/errors.ts';
import { errors } from '../errors.ts';

type Rule = { readonly match: RegExp; readonly todo: string };

const rules: readonly Rule[] = [
  { match: /no such column/i, todo: "call describe_schema for the columns; text goes in 'single quotes'" },
  { match: /no such table/i, todo: 'call describe_schema for the tables and views' },
  { match: /no such function/i, todo: 'use a function of SQLite: https://www.sqlite.org/lang_corefunc.html' },
  { match: /wrong number of arguments/i, todo: 'check the arguments: https://www.sqlite.org/lang_corefunc.html' },
  { match: /ambiguous column/i, todo: 'write the table before the column, as in calls.start_ns' },
  { match: /misuse of (aggregate|window)/i, todo: 'move it into a subquery, or use HAVING' },
  {
    match: /unrecognized token|incomplete input|syntax error/i,
    todo: 'correct the SQL; its dialect is that of SQLite 3',
  },
];

/** The error for a message of SQLite about a query. */
export const hintFor = (message: string, cause: unknown): UserError => {
  if (/out of memory/i.test(message)) return errors.sqlTooBig({ why: 'it needed too much memory' }, cause);
  if (/too big/i.test(message)) return errors.sqlTooBig({ why: 'a value or row was longer than 512 KiB' }, cause);
  const rule = rules.find(({ match }) => match.test(message));
  return errors.sqlFailed({ why: message, todo: rule?.todo ?? 'see https://www.sqlite.org/lang.html' }, cause);
};
