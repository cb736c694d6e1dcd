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
  if (at < 0 || at >= part.chunks.length)
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
  const expected = part.pruned ? [] : part.chunks;
  const findings: Finding[] = [];
  const missing = new Set(expected.keys());
  for (const { at, hash, ids } of readChunks(database, coverage, part.range)) {
    missing.delete(at);
    if (expected[at] !== hash) findings.push(differenceOf({ ...part, chunks: expected }, hasIds, at, ids));
    onRows(ids.length);
  }
  for (const at of missing) {
    const first = (part.range?.after ?? 0) + at * CHUNK_ROWS + 1;
    findings.push({ kind: 'row_removed', table: part.table, seal: part.seal, first, row: first });
  }
  return findings;
};

/** Counts rows of a growing table outside of what was sealed: `below` and above. */
const outside = (database: Database, { table, key }: Coverage, sealedUntil: number) => {
  const by = quoted(key[0] ?? 'id');
  const found = database
    .prepare(`SELECT count(*) FILTER (WHERE ${by} <= 0) AS below, count(*) FILTER (WHERE ${by} > ?) AS above,
      min(${by}) AS first, min(${by}) FILTER (WHERE ${by} > ?) AS next FROM ${quoted(table)} WHERE ${by} <= 0 OR ${by} > ?`)
    .get(sealedUntil, sealedUntil, sealedUntil);
  const read = (column: string) => (found === undefined || found[column] === null ? 0 : number(found, column));
  return { below: read('below'), above: read('above'), first: read('first'), next: read('next') };
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
  const { below, above, first, next } = outside(database, coverage, sealedUntil);
  const inserted = (row: number): Finding => ({ kind: 'row_inserted', table: coverage.table, first: row, row });
  return {
    findings: [...findings, ...(below > 0 ? [inserted(first)] : []), ...(ended && above > 0 ? [inserted(next)] : [])],
    rows,
    sealedUntil,
  };
};
