// Takes seals away whose rows have gone, so that the chain of a recording that is kept small does not grow for ever. Knows
// the table of seals, not when they should go.
import type { Database } from '../open.ts';
import { text } from '../row.ts';
import { sha256 } from './chain.ts';
import type { Dropped } from './tombstone.ts';

/** Tables of which no row is ever taken away: a seal that vouches for one stays. */
export const LASTING = ['library', 'live_source', 'alert', 'foreign_claim'] as const;

/** Whether a seal has a part of such a table: each line of `parts` begins with the name of its table. */
const STAYS = LASTING.map((table) => `instr(char(10) || parts, char(10) || '${table} ') > 0`).join(' OR ');

/** The digest of seals that stay, from their hashes in order. */
export const keptDigest = (hashes: readonly string[]): string => sha256(Buffer.from(hashes.join(' '))).toString('hex');

/** What a tombstone must say before the seals after the first go, up to `last`, which must be there. */
export const planDrop = (database: Database, last: number): Dropped => {
  const hashOf = (id: number): string => {
    const row = database.prepare('SELECT hash FROM evidence_chain WHERE id = ?').get(id);
    return row === undefined ? '' : text(row, 'hash');
  };
  const kept = database
    .prepare(`SELECT hash FROM evidence_chain WHERE id > 1 AND id <= ? AND (${STAYS}) ORDER BY id`)
    .all(last)
    .map((row) => text(row, 'hash'));
  return { last, hash: hashOf(last), begin: hashOf(1), kept: keptDigest(kept) };
};

/** Takes them away. */
export const dropSeals = (database: Database, last: number): void => {
  database.prepare(`DELETE FROM evidence_chain WHERE id > 1 AND id <= ? AND NOT (${STAYS})`).run(last);
};
