// A cursor over several lists of one answer: where the next page of each begins. Like that of a query it carries no secret, and
// belongs to the question that it came from.
import { createHash } from 'node:crypto';
import { errors } from './errors.ts';

const markOf = (question: string): string => createHash('sha256').update(question).digest('hex').slice(0, 8);

/** The cursor of the page at these offsets, one for each list. */
export const pagesAt = (question: string, offsets: readonly number[]): string =>
  `${offsets.join('-')}.${markOf(question)}`;

/** Items to leave out of each of `lists` lists. Throws a UserError when the cursor is of another question, or none at all. */
export const pagesOf = (question: string, cursor: string | undefined, lists: number): readonly number[] => {
  if (cursor === undefined) return Array.from({ length: lists }, () => 0);
  const match = /^(\d{1,9}(?:-\d{1,9})*)\.([0-9a-f]{8})$/.exec(cursor);
  const offsets = (match?.[1] ?? '').split('-').map(Number);
  if (match?.[2] !== markOf(question) || offsets.length !== lists) throw errors.badCursor({});
  return offsets;
};
