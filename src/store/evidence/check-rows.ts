// Holds the rows of a table against the seals that vouch for them, and says where they differ. Knows tables and hashes, not
// keys or signatures.
import type { Database } from '../open.ts';
import { number } from '../row.ts';
import { type Coverage, quoted } from './coverage.ts';
import type { Finding } from './finding.ts';
import { CHUNK_ROWS } from './number-rows.ts';
import { readChunks } from './read-chunks.ts';
import type { Part } from './seal.ts';

/** A part of a seal, and whether a tombstone says that its rows were taken away. */
export type SealedPart = Part & { readonly seal: number; readonly pruned: boolean };

export type RowCheck = {
  readonly findings: readonly Finding[];
  readonly rows: number;
  /** Rows of a growing table after this one are not sealed. */
  readonly sealedUntil: number;
};

/** The first id that is missing between two, or undefined. */
const gapOf = (ids: readonly number[], first: number, last: number): number | undefined => {
  let next = first;
  for (const id of ids) {
    if (id !== next) return next;
    next++;
  }
  return next <= last ? next : undefined;
};

const differenceOf = (part: SealedPart, hasIds: boolean, at: number, ids: readonly number[]): Finding => {
  const where = { table: part.table, seal: part.seal };
  const [firstFound = 0, lastFound = 0] = [ids[0], ids.at(-1)];
  if (part.pruned || at < 0 || at >= part.chunks.length)
    return { kind: 'row_inserted', ...where, first: firstFound, last: lastFound, row: firstFound };
  if (!hasIds) return { kind: 'row_changed', ...where, first: firstFound, last: lastFound };
  const after = part.range?.after ?? 0;
  // Rows of a growing table are numbered without gaps; of others it is only known which are there.
  const first = part.range === undefined ? firstFound : after + at * CHUNK_ROWS + 1;
  const last = part.range === undefined ? lastFound : Math.min(first + CHUNK_ROWS - 1, part.range.last);
  const row = gapOf(ids, first, last);
  return { kind: row === undefined ? 'row_changed' : 'row_removed', ...where, first, last, row };
};

const checkPart = (
  database: Database,
  coverage: Coverage,
  part: SealedPart,
  onRows: (rows: number) => void,
): readonly Finding[] => {
  const hasIds = coverage.key[0] === 'id';
  const findings: Finding[] = [];
  // Rows that a tombstone gives up may be there yet, whole chunks of them, when the recorder was killed.
  const missing = new Set(part.pruned ? [] : part.chunks.keys());
  let found = 0;
  for (const { at: place, hash, ids } of readChunks(database, coverage, part.range)) {
    // Of a whole table only the chunks that had rows were hashed, one after the other.
    const at = part.range === undefined ? found++ : place;
    missing.delete(at);
    if (part.chunks[at] !== hash) findings.push(differenceOf(part, hasIds, at, ids));
    onRows(ids.length);
  }
  for (const at of missing) {
    const first = (part.range?.after ?? 0) + at * CHUNK_ROWS + 1;
    findings.push({ kind: 'row_removed', table: part.table, seal: part.seal, first, row: first });
  }
  return findings;
};

/** The first row, by its key, that meets a condition on the key; undefined when none does. */
const firstWhere = (database: Database, { table, key }: Coverage, condition: string, ...values: readonly number[]) => {
  const by = quoted(key[0] ?? 'id');
  const found = database
    .prepare(`SELECT min(${by}) AS first FROM ${quoted(table)} WHERE ${condition.replaceAll('KEY', by)}`)
    .get(...values);
  return found === undefined || found.first === null ? undefined : number(found, 'first');
};

/** Rows of a growing table that no part covers, though they lie before its last one: none of them was written there. */
const between = (database: Database, coverage: Coverage, parts: readonly SealedPart[]): readonly number[] => {
  const ranges = parts.flatMap(({ range }) => (range === undefined ? [] : [range]));
  const found = [firstWhere(database, coverage, 'KEY <= ?', ranges[0]?.after ?? 0)];
  for (const [i, { after }] of ranges.entries()) {
    const last = ranges[i - 1]?.last ?? after;
    if (last < after) found.push(firstWhere(database, coverage, 'KEY > ? AND KEY <= ?', last, after));
  }
  return found.filter((row) => row !== undefined);
};

/**
 * Checks the rows of a table against its parts in the order of their seals. `ended`: the chain ends with the end of the
 * recording, so that no row may lie outside of the parts. `onRows` is told of progress.
 */
export const checkRows = (
  database: Database,
  coverage: Coverage,
  parts: readonly SealedPart[],
  ended: boolean,
  onRows: (rows: number) => void,
): RowCheck => {
  let rows = 0;
  const count = (more: number) => {
    rows += more;
    onRows(more);
  };
  const findings = parts.flatMap((part) => checkPart(database, coverage, part, count));
  const sealedUntil = parts.at(-1)?.range?.last ?? 0;
  if (coverage.sealed !== 'growing') return { findings, rows, sealedUntil };
  const above = ended ? firstWhere(database, coverage, 'KEY > ?', sealedUntil) : undefined;
  const outside = [...between(database, coverage, parts), ...(above === undefined ? [] : [above])];
  return {
    findings: [
      ...findings,
      ...outside.map((row): Finding => ({ kind: 'row_inserted', table: coverage.table, first: row, row })),
    ],
    rows,
    sealedUntil,
  };
};
