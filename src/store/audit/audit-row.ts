// A row of the audit log and the order in which its values are hashed. Knows neither files nor keys.
import { type AuditColumn, type AuditKind, type AuditOutcome, auditTable } from '../../catalogue/audit.ts';

/** Columns that whoever appends a row decides. Every text is bounded and cleaned by then. */
export type AuditRow = {
  readonly kind: AuditKind;
  readonly begun: number | null;
  readonly unix_ns: bigint;
  readonly monotonic_ns: bigint;
  readonly boot_id: string;
  readonly server_pid: number;
  readonly transport: string | null;
  readonly credential: string | null;
  readonly principal: string | null;
  readonly uid: number | null;
  readonly gid: number | null;
  readonly pid: number | null;
  readonly exe: string | null;
  readonly subject: string | null;
  readonly remote: string | null;
  readonly client: string | null;
  readonly client_version: string | null;
  readonly method: string | null;
  readonly name: string | null;
  readonly arguments: string | null;
  readonly arguments_sha256: string | null;
  readonly recording: string | null;
  readonly duration_ns: number | null;
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly truncated: 0 | 1 | null;
  readonly outcome: AuditOutcome | null;
  readonly error_code: string | null;
  readonly traceparent: string | null;
  readonly detail: string | null;
};

/** A row that has its place in the chain. */
export type PlacedRow = AuditRow & { readonly id: number };

type Hashed = Exclude<AuditColumn, 'hash' | 'signature'>;
const isHashed = (name: AuditColumn): name is Hashed => name !== 'hash' && name !== 'signature';

/** The columns that a hash covers, in their order. */
export const hashedColumns: readonly Hashed[] = auditTable.columns.map(({ name }) => name).filter(isHashed);

/** The values that a hash covers. */
export const hashedValues = (row: PlacedRow): readonly (string | number | bigint | null)[] =>
  hashedColumns.map((name) => row[name]);
