// Checks the chain of the audit log: that no row was changed, removed, put in or moved, and that the key of this user signed
// its head. Reads only.
import { canonicalRow, GENESIS, rowHash } from '../evidence/chain.ts';
import type { PublicKey } from '../evidence/key.ts';
import { isSigned } from '../evidence/sign.ts';
import type { Database } from '../open.ts';
import type { Row } from '../row.ts';
import { hashedColumns } from './audit-row.ts';

/** What is wrong with which row, in words that name no text of a row. */
export type AuditFault = { readonly id: number; readonly why: string };

export type AuditCheck = {
  /** Rows that were checked: ids from `from` to `to`, 0 for an empty log. */
  readonly from: number;
  readonly to: number;
  /** Whether `from` is the first row that there ever was, or one that a signed row says pruning left as the first. */
  readonly complete: boolean;
  /** Hash of the last row, hex. */
  readonly head: string;
  readonly signature: 'ok' | 'wrong' | 'no key' | 'none';
  readonly fault?: AuditFault;
};

type Options = {
  /** The key that must have signed the head; undefined leaves that open. */
  readonly key?: PublicKey | undefined;
  /** Only so many of the newest rows. */
  readonly newest?: number;
  /** The signature of the head vouches for all rows before it; `all` also checks what the others say. */
  readonly signatures?: 'head' | 'all';
};

const idOf = (row: Row | undefined): number => Number(row?.id ?? 0);
/** The bytes of a hash; none where somebody put something else. */
const bytesOf = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : new Uint8Array());
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The hash before the first row that pruning left: from the row of the chain that says so. */
const prunedHash = (database: Database, first: number): Uint8Array | undefined => {
  const row = database
    .prepare(
      "SELECT detail ->> '$.hash' AS hash FROM audit WHERE kind = 'pruned' AND detail ->> '$.to' = ? AND id >= ?",
    )
    .get(first - 1, first);
  return row === undefined ? undefined : Buffer.from(String(row.hash), 'hex');
};

/** What the row at `id` must follow, and whether the chain up to there is whole. */
const startOf = (database: Database, first: number, id: number): { hash?: Uint8Array; why?: string } => {
  if (id > first) {
    const before = database.prepare('SELECT hash FROM audit WHERE id = ?').get(id - 1);
    return before === undefined ? {} : { hash: bytesOf(before.hash) };
  }
  if (id === 1) return { hash: GENESIS };
  const hash = prunedHash(database, id);
  return hash === undefined ? { why: 'the rows before it are gone and no row says that they were removed' } : { hash };
};

const signatureOf = (key: PublicKey | undefined, row: Row | undefined): AuditCheck['signature'] => {
  if (row === undefined) return 'none';
  if (key === undefined) return 'no key';
  return isSigned(key.key, 'audit', bytesOf(row.hash), bytesOf(row.signature)) ? 'ok' : 'wrong';
};

const faultOf = (row: Row, expected: number, previous: Uint8Array): AuditFault | undefined => {
  const id = Number(row.id);
  if (id !== expected)
    return { id: expected, why: expected + 1 === id ? 'it is missing' : `rows ${expected} to ${id - 1} are missing` };
  const hash = rowHash(previous, canonicalRow(hashedColumns.map((name) => row[name] ?? null)));
  return Buffer.compare(hash, bytesOf(row.hash)) === 0
    ? undefined
    : { id, why: 'its hash does not fit: it was changed, put in or moved, or the row before it was' };
};

/** Checks the rows of an open log. */
export const verifyAudit = (database: Database, { key, newest, signatures = 'head' }: Options): AuditCheck => {
  const ends = database.prepare('SELECT min(id) AS first, max(id) AS last FROM audit').get();
  const [first, last] = [Number(ends?.first ?? 0), Number(ends?.last ?? 0)];
  const from = newest === undefined ? first : Math.max(first, last - newest + 1);
  const start = startOf(database, first, from);
  const lastRow = database.prepare('SELECT hash, signature FROM audit WHERE id = ?').get(last);
  const result = {
    ...{ from, to: last, complete: from === first && start.why === undefined },
    head: hex(lastRow === undefined ? GENESIS : bytesOf(lastRow.hash)),
    signature: signatureOf(key, lastRow),
  };
  if (last === 0) return result;
  if (start.why !== undefined || start.hash === undefined)
    return { ...result, fault: { id: from, why: start.why ?? 'the row before it is missing' } };
  const rows = database.prepare(
    `SELECT ${hashedColumns.join(', ')}, hash, signature FROM audit WHERE id >= ? ORDER BY id`,
  );
  rows.setReadBigInts(true);
  let previous = start.hash;
  let expected = from;
  for (const row of rows.iterate(from)) {
    const fault = faultOf(row, expected, previous);
    if (fault !== undefined) return { ...result, fault };
    if (signatures === 'all' && signatureOf(key, row) === 'wrong')
      return { ...result, fault: { id: expected, why: 'it is not signed by the key of this user' } };
    previous = bytesOf(row.hash);
    expected = idOf(row) + 1;
  }
  return result.signature === 'wrong'
    ? { ...result, fault: { id: last, why: 'the head is not signed by the key of this user' } }
    : result;
};
