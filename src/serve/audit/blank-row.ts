// A row of the audit log in which nothing is told yet but who wrote it and who asked.
import type { AuditRow } from '../../store/audit/audit-row.ts';
import { bootId } from '../../store/boot-id.ts';
import type { Principal } from '../identity/principal.ts';
import type { Moment } from './moment.ts';
import { kept } from './request-facts.ts';

/** Who asked; undefined where nobody was proven. `remote` is known also then. */
export type Caller = { readonly principal: Principal | undefined; readonly remote?: string | undefined };

const boot = bootId();
const text = (value: string | undefined): string | null => (value === undefined ? null : kept(value));

/** The columns that say when, which server and which caller; the others are null. */
export const blankRow = (moment: Moment, { principal, remote }: Caller): Omit<AuditRow, 'kind'> => ({
  begun: null,
  ...moment,
  boot_id: boot,
  server_pid: process.pid,
  transport: principal?.transport ?? null,
  credential: principal?.kind ?? null,
  principal: text(principal?.id ?? (remote === undefined ? undefined : `unproven:${remote}`)),
  uid: principal?.uid ?? null,
  gid: principal?.gid ?? null,
  pid: principal?.pid ?? null,
  exe: text(principal?.exe),
  subject: text(principal?.subject),
  remote: text(principal?.remote ?? remote),
  client: null,
  client_version: null,
  method: null,
  name: null,
  arguments: null,
  arguments_sha256: null,
  recording: null,
  duration_ns: null,
  rows: null,
  bytes: null,
  truncated: null,
  outcome: null,
  error_code: null,
  traceparent: null,
  detail: null,
});
