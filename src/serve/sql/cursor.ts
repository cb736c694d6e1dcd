// A cursor continues one query where its last page ended. It carries no secret and grants nothing: a position, and a mark
// of the query so that it is not used with another one.
import { createHash } from 'node:crypto';
import { errors } from '../errors.ts';

const markOf = (sql: string): string => createHash('sha256').update(sql).digest('hex').slice(0, 8);

/** The cursor of the page that begins after `offset` rows. */
export const cursorAt = (sql: string, offset: number): string => `${offset}.${markOf(sql)}`;

/** Rows to leave out. Throws a UserError when the cursor is of another query, or no cursor at all. */
export const offsetOf = (sql: string, cursor: string | undefined): number => {
  if (cursor === undefined) return 0;
  const match = /^(\d{1,12})\.([0-9a-f]{8})$/.exec(cursor);
  if (match === null || match[2] !== markOf(sql)) throw errors.badCursor({});
  return Number(match[1]);
};
