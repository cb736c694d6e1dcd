// Checks a whole audit log as a file: its chain, every signature, by which key, and against a head that was kept elsewhere.
import { closeSync, openSync, readSync } from 'node:fs';
import { AUDIT_APPLICATION_ID } from '../../catalogue/audit.ts';
import { type Head, headLine } from '../evidence/head.ts';
import { type PublicKey, publicKeyOf } from '../evidence/key.ts';
import type { Database } from '../open.ts';
import { openAuditForReading } from './audit-file.ts';
import { type AuditFault, verifyAudit } from './verify-audit.ts';

// https://www.sqlite.org/fileformat.html section 1.3
const APPLICATION_ID_AT = 68;

/** Whether the file at a path is an audit log; false also where there is none. */
export const isAuditLog = (path: string): boolean => {
  try {
    const header = Buffer.alloc(APPLICATION_ID_AT + 4);
    const file = openSync(path, 'r');
    try {
      readSync(file, header, 0, header.length, 0);
    } finally {
      closeSync(file);
    }
    return header.readUInt32BE(APPLICATION_ID_AT) === AUDIT_APPLICATION_ID;
  } catch {
    return false;
  }
};

export type AuditVerification = {
  /** intact: whole and signed by a known key; unknown_key: whole, but anybody may have signed it; changed: see `fault`. */
  readonly verdict: 'intact' | 'unknown_key' | 'changed';
  readonly rows: number;
  readonly from: number;
  readonly to: number;
  /** Fingerprint of the key that signed it, and line to keep elsewhere; null for an empty log. */
  readonly key: string | null;
  readonly head: string | null;
  readonly fault: AuditFault | null;
};

/** The keys that servers wrote down when they began; none of them is trusted for that. */
const namedKeys = (database: Database): readonly PublicKey[] =>
  database
    .prepare("SELECT DISTINCT detail ->> '$.public_key' AS key FROM audit WHERE kind = 'opened' ORDER BY id DESC")
    .all()
    .flatMap(({ key }) => {
      try {
        return [publicKeyOf(Buffer.from(String(key), 'base64'))];
      } catch {
        return [];
      }
    });

/** What speaks against the log having had this head once. Rows before the first are told by the row that pruned them. */
const anchorFault = (database: Database, { id, hash }: Head, from: number): AuditFault | undefined => {
  const row = database.prepare('SELECT lower(hex(hash)) AS hash FROM audit WHERE id = ?').get(id);
  if (row === undefined)
    return id < from
      ? { id, why: 'it was pruned, so nothing can be said about the head that was kept' }
      : { id, why: 'it is missing, and was there when the head was kept: the newest rows were removed' };
  return row.hash === hash
    ? undefined
    : { id, why: 'it is not the row whose head was kept: another log took its place' };
};

type Options = {
  /** Fingerprint of the key that must have signed it; undefined when that of this user, or any with an anchor, will do. */
  readonly key?: string | undefined;
  readonly ownKey?: string | undefined;
  readonly anchor?: Head | undefined;
};

/** Throws a UserError when the log cannot be read. */
export const verifyAuditFile = (path: string, { key, ownKey, anchor }: Options): AuditVerification => {
  const database = openAuditForReading(path);
  try {
    const keys = namedKeys(database);
    const wanted = key ?? ownKey;
    const signer = keys.find(({ fingerprint }) => fingerprint === wanted) ?? keys[0];
    const { from, to, head, fault: broken } = verifyAudit(database, { key: signer, signatures: 'all' });
    const fault = broken ?? (anchor === undefined ? undefined : anchorFault(database, anchor, from));
    const isKnown =
      signer !== undefined && (signer.fingerprint === wanted || (key === undefined && anchor !== undefined));
    return {
      verdict: fault !== undefined ? 'changed' : isKnown ? 'intact' : 'unknown_key',
      ...{ rows: to === 0 ? 0 : to - from + 1, from, to },
      key: signer?.fingerprint ?? null,
      head: to === 0 || signer === undefined ? null : headLine({ id: to, hash: head }, signer.fingerprint),
      fault: fault ?? null,
    };
  } finally {
    database.close();
  }
};
