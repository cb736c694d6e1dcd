// Rows of the audit log for tests, and what a log adds by itself, with nothing to follow. For tests only.
import type { OwnRows } from './audit-log.ts';
import type { AuditRow } from './audit-row.ts';

/** A call of alice to one tool, one second after the one before it; `parts` says what is different. */
export const rowAt = (second: number, parts: Partial<AuditRow> = {}): AuditRow => ({
  kind: 'call',
  begun: null,
  unix_ns: 1_790_000_000_000_000_000n + BigInt(second) * 1_000_000_000n,
  monotonic_ns: 5_000_000_000n + BigInt(second) * 1_000_000_000n,
  boot_id: 'b0',
  server_pid: 7,
  transport: 'stdio',
  credential: 'parent',
  principal: 'alice',
  uid: 1000,
  gid: 1000,
  pid: 42,
  exe: '/usr/bin/agent',
  subject: null,
  remote: null,
  client: 'agent',
  client_version: '1.0',
  method: 'tools/call',
  name: 'get_trace_stats',
  arguments: '{"pid":5}',
  arguments_sha256: '00',
  recording: '/data/run.db',
  duration_ns: 1_500_000,
  rows: 3,
  bytes: 2_000,
  truncated: 0,
  outcome: 'ok',
  error_code: null,
  traceparent: null,
  detail: null,
  ...parts,
});

const own = (kind: AuditRow['kind'], detail: object): AuditRow =>
  rowAt(0, { kind, principal: null, client: null, method: null, detail: JSON.stringify(detail) });

export const plainRows: OwnRows = {
  opened: (detail) => own('opened', detail),
  pruned: (detail) => own('pruned', detail),
  changed: (vanished) => own('alert', { vanished }),
  follow: () => [],
};
