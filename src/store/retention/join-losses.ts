// Makes one row of all losses of a kind from long ago: a recorder that loses something each second would fill its file with
// rows that say so. Knows the table of losses only.
import type { Database } from '../open.ts';
import { maybeText, number, text } from '../row.ts';

/** The row that says that the recorder did not close the file. */
const CUT_SHORT = 'cut_short';

/** Joins losses that ended before a time in ns and have the same reason and detail; nothing of what they count is lost. */
export const joinLosses = (database: Database, before: number): void => {
  const found = database
    .prepare(
      `SELECT min(id) AS id, reason, detail, min(start_ns) AS start_ns, max(end_ns) AS end_ns, sum(count) AS count FROM loss
       WHERE end_ns < ? AND reason <> ? GROUP BY reason, detail HAVING count(*) > 1`,
    )
    .all(before, CUT_SHORT);
  const remove = database.prepare('DELETE FROM loss WHERE end_ns < ? AND reason = ? AND detail IS ? AND id <> ?');
  const update = database.prepare('UPDATE loss SET start_ns = ?, end_ns = ?, count = ? WHERE id = ?');
  for (const row of found) {
    const id = number(row, 'id');
    remove.run(before, text(row, 'reason'), maybeText(row, 'detail'), id);
    update.run(number(row, 'start_ns'), number(row, 'end_ns'), number(row, 'count'), id);
  }
};
