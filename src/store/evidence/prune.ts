// Takes rows of sealed events away and leaves a signed tombstone, so that what is missing was taken by whoever has the key,
// and what is left can still be verified. Knows the chain, not when or why rows should go.
import type { Database } from '../open.ts';
import { checkChain } from './check-chain.ts';
import { quoted, readCoverage } from './coverage.ts';
import type { EvidenceKey } from './key.ts';
import { detailText, partsOf, readSeals, writeSeal } from './seal.ts';

export type Pruning = {
  /** Rows that were sealed by this seal or one before it go. */
  readonly until: number;
  /** Of these tables. */
  readonly tables: readonly string[];
  /** One line for the tombstone. */
  readonly why: string;
  /** In ns since the recording began. */
  readonly now: number;
};

/**
 * Removes rows from a recording that nobody writes, open for writing, and appends the tombstone; returns how many rows went.
 * Throws, and changes nothing, when the chain does not hold, the key is not that of the chain, or a table is not one to
 * which rows were only ever added.
 */
export const pruneSealed = (database: Database, key: EvidenceKey, { until, tables, why, now }: Pruning): number => {
  const { seals, findings, key: signer } = checkChain(readSeals(database));
  const last = seals.at(-1);
  if (last === undefined || findings.length > 0) throw new Error('the chain of this recording does not hold');
  if (signer?.fingerprint !== key.fingerprint) throw new Error('the chain of this recording was signed by another key');
  const coverage = new Map(readCoverage(database).map((one) => [one.table, one]));
  const parts = seals.filter(({ id }) => id <= until).flatMap(({ parts: text }) => partsOf(text));
  let removed = 0;
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const table of tables) {
      const { sealed, numbers, key: [by = 'id'] = [] } = coverage.get(table) ?? {};
      if (sealed !== 'growing' || numbers !== true) throw new Error(`the rows of ${table} are not pruned`);
      const upTo = parts.findLast((part) => part.table === table)?.range?.last ?? 0;
      removed += Number(database.prepare(`DELETE FROM ${quoted(table)} WHERE ${quoted(by)} <= ?`).run(upTo).changes);
    }
    const detail = detailText([
      ['until', String(until)],
      ...tables.map((table) => ['table', table] as const),
      ['rows', String(removed)],
      ['why', why],
    ]);
    const content = {
      id: last.id + 1,
      time_ns: Math.round(now),
      kind: 'pruned',
      parts: '',
      detail,
      previous: last.hash,
    };
    writeSeal(database, content, key.privateKey);
    database.exec('COMMIT');
    return removed;
  } catch (thrown) {
    database.exec('ROLLBACK');
    throw thrown;
  }
};
