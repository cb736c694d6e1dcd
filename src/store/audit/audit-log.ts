// Appends to the audit log: several servers may do so at once, and all make one chain. Each append finds out whether what
// this server wrote before is still there. Does not know what the rows mean.
import { messageOf, UserError } from '../../base/errors.ts';
import { errors } from '../errors.ts';
import { canonicalRow, GENESIS, rowHash } from '../evidence/chain.ts';
import { openEvidenceKey } from '../evidence/key.ts';
import { signHead } from '../evidence/sign.ts';
import type { Database } from '../open.ts';
import { blob, number } from '../row.ts';
import { fileIdentity, openAuditForWriting } from './audit-file.ts';
import { type AuditRow, hashedColumns, hashedValues, type PlacedRow } from './audit-row.ts';
import { createPast, type Past } from './past.ts';
import { type Pruned, removePruned, whatToPrune } from './prune.ts';

/** Appends between two looks at the size. */
const PRUNE_EVERY = 64;
/** Pages that go back to the disk at once. */
const VACUUM_PAGES = 2000;

type Link = { readonly id: number; readonly hash: Uint8Array };
/** Where this server's own last row stood, and that it is not there any more. */
export type Vanished = { readonly id: number; readonly hash: string };

/** Rows that this program adds by itself. */
export type OwnRows = {
  /** First row of a server; `vanished` when the file that it wrote before is gone. */
  readonly opened: (detail: { readonly public_key: string; readonly vanished?: Vanished }) => AuditRow;
  readonly pruned: (detail: Pruned) => AuditRow;
  /** A row that this server wrote is gone or another one. */
  readonly changed: (vanished: Vanished) => AuditRow;
  /** What the new row means together with the past: alerts. */
  readonly follow: (row: PlacedRow, past: Past) => readonly AuditRow[];
};

export type AuditLog = {
  /** Opens it now and not at the first append: for whoever may open nothing later. Throws a UserError when it cannot be written. */
  readonly open: () => void;
  /** Appends a row and what follows from it, and returns its id. Throws a UserError when nothing can be written. */
  readonly append: (row: AuditRow) => number;
  readonly close: () => void;
};

type Options = {
  readonly path: string;
  /** Folder of the key that signs. */
  readonly keyFolder: string;
  /** Bytes of the file from which on the oldest rows are removed. */
  readonly limit: number;
  readonly own: OwnRows;
};

const LAST = 'SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1';
const INSERT = `INSERT INTO audit (${hashedColumns.join(', ')}, hash, signature)
  VALUES (${[...hashedColumns, 'hash', 'signature'].map(() => '?').join(', ')})`;

const linkOf = (row: Parameters<typeof blob>[0] | undefined): Link =>
  row === undefined ? { id: 0, hash: GENESIS } : { id: number(row, 'id'), hash: blob(row, 'hash') };

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** One open file; `last` is what this server wrote last, into this or an earlier file. */
const openChain = ({ path, keyFolder, limit, own }: Options, last: Link | undefined) => {
  const { privateKey, publicKey } = openEvidenceKey(keyFolder);
  const database: Database = openAuditForWriting(path);
  const identity = fileIdentity(path);
  const statements = { last: database.prepare(LAST), insert: database.prepare(INSERT) };
  const transaction = { begin: database.prepare('BEGIN IMMEDIATE'), commit: database.prepare('COMMIT') };
  const hashOf = database.prepare('SELECT hash FROM audit WHERE id = ?');
  const lowest = database.prepare('SELECT min(id) AS id FROM audit');
  const past = createPast(database);
  let written = last;
  let appends = 0;

  const insert = (row: AuditRow): PlacedRow => {
    const before = linkOf(statements.last.get());
    const placed = { ...row, id: before.id + 1 };
    const values = hashedValues(placed);
    const hash = rowHash(before.hash, canonicalRow(values));
    statements.insert.run(...values, hash, signHead(privateKey, 'audit', hash));
    written = { id: placed.id, hash };
    return placed;
  };

  /** What this server wrote last, when it is not in the file as it was, nor removed by pruning. */
  const vanished = (): Vanished | undefined => {
    if (written === undefined) return undefined;
    const found = hashOf.get(written.id);
    if (found !== undefined && isSame(blob(found, 'hash'), written.hash)) return undefined;
    const first = lowest.get();
    const isPruned = found === undefined && first?.id !== null && written.id < Number(first?.id);
    return isPruned ? undefined : { id: written.id, hash: Buffer.from(written.hash).toString('hex') };
  };

  const inTransaction = <T>(work: () => T): T => {
    const before = written;
    transaction.begin.run();
    try {
      const result = work();
      transaction.commit.run();
      return result;
    } catch (thrown) {
      written = before;
      if (database.isTransaction) database.exec('ROLLBACK');
      throw thrown;
    }
  };

  const prune = () => {
    const pruned = whatToPrune(database, limit);
    if (pruned === undefined) return;
    insert(own.pruned(pruned));
    removePruned(database, pruned);
  };

  const append = (row: AuditRow): number => {
    const isTimeToPrune = ++appends % PRUNE_EVERY === 0;
    const id = inTransaction(() => {
      const lost = vanished();
      if (lost !== undefined) insert(own.changed(lost));
      const placed = insert(row);
      for (const found of own.follow(placed, past(placed))) insert(found);
      if (isTimeToPrune) prune();
      return placed.id;
    });
    if (isTimeToPrune) database.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`);
    return id;
  };

  // Another file under the same name: what was written before is gone with the old one.
  const lost = last === undefined ? undefined : vanished();
  written = undefined;
  inTransaction(() => insert(own.opened({ public_key: publicKey, ...(lost === undefined ? {} : { vanished: lost }) })));
  return { append, identity, last: () => written, close: () => database.close() };
};

/**
 * The audit log at a path. Opened at the first append and again after a failure or when somebody moved the file away, so
 * that a server serves on once the fault is mended.
 */
export const createAuditLog = (options: Options): AuditLog => {
  let chain: ReturnType<typeof openChain> | undefined;
  let last: Link | undefined;
  const close = () => {
    last = chain?.last() ?? last;
    chain?.close();
    chain = undefined;
  };
  const use = <T>(work: (opened: ReturnType<typeof openChain>) => T): T => {
    try {
      if (chain !== undefined && fileIdentity(options.path) !== chain.identity) close();
      chain ??= openChain(options, last);
      return work(chain);
    } catch (thrown) {
      close();
      if (thrown instanceof UserError) throw thrown;
      throw errors.auditUnwritable({ path: options.path, why: messageOf(thrown) }, thrown);
    }
  };
  return { open: () => use(() => {}), append: (row) => use((opened) => opened.append(row)), close };
};
