// Reads the audit log for people and agents: one page of rows, the newest first.
import type { Database } from '../open.ts';
import { maybeNumber, maybeText, type Row, text } from '../row.ts';

export type AuditFilter = {
  /** Only rows with a smaller id than this: where the last page ended. */
  readonly before?: number | undefined;
  /** Only rows from this id on. */
  readonly from?: number | undefined;
  /** Only rows of the last so many seconds before `now`. */
  readonly seconds?: number | undefined;
  /** Claimed name of the client, or the caller. */
  readonly client?: string | undefined;
  readonly name?: string | undefined;
  readonly outcome?: string | undefined;
  /** Alerts only, or all but alerts; both when not given. */
  readonly alerts?: boolean | undefined;
  readonly limit: number;
};

export type AuditEntry = {
  readonly id: number;
  /** UTC, with milliseconds. */
  readonly time: string;
  readonly kind: string;
  readonly principal: string | null;
  readonly transport: string | null;
  readonly pid: number | null;
  readonly client: string | null;
  readonly method: string | null;
  readonly name: string | null;
  readonly arguments: string | null;
  readonly recording: string | null;
  readonly duration_ns: number | null;
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly truncated: number | null;
  readonly outcome: string | null;
  readonly error_code: string | null;
  readonly traceparent: string | null;
  readonly detail: string | null;
};

const COLUMNS = `id, strftime('%Y-%m-%dT%H:%M:%fZ', unix_ns / 1e9, 'unixepoch') AS time, kind, principal, transport, pid,
  client, method, name, arguments, recording, duration_ns, rows, bytes, truncated, traceparent, error_code, detail,
  CASE kind WHEN 'begin' THEN 'unanswered' ELSE outcome END AS outcome`;

/** A row that was begun shows only while nothing says how it ended. */
const WHERE = `(kind <> 'begin' OR NOT EXISTS (SELECT 1 FROM audit b WHERE b.begun = audit.id))
  AND (?1 IS NULL OR id < ?1)
  AND (?2 IS NULL OR unix_ns >= (unixepoch('now', 'subsec') - ?2) * 1e9)
  AND (?3 IS NULL OR client = ?3 OR principal = ?3)
  AND (?4 IS NULL OR name = ?4)
  AND (?5 IS NULL OR outcome = ?5)
  AND (?6 IS NULL OR (kind = 'alert') = ?6)
  AND (?7 IS NULL OR id >= ?7)`;

const toEntry = (row: Row): AuditEntry => ({
  id: Number(row.id),
  time: text(row, 'time'),
  kind: text(row, 'kind'),
  principal: maybeText(row, 'principal'),
  transport: maybeText(row, 'transport'),
  pid: maybeNumber(row, 'pid'),
  client: maybeText(row, 'client'),
  method: maybeText(row, 'method'),
  name: maybeText(row, 'name'),
  arguments: maybeText(row, 'arguments'),
  recording: maybeText(row, 'recording'),
  duration_ns: maybeNumber(row, 'duration_ns'),
  rows: maybeNumber(row, 'rows'),
  bytes: maybeNumber(row, 'bytes'),
  truncated: maybeNumber(row, 'truncated'),
  outcome: maybeText(row, 'outcome'),
  error_code: maybeText(row, 'error_code'),
  traceparent: maybeText(row, 'traceparent'),
  detail: maybeText(row, 'detail'),
});

const valuesOf = ({ before, from, seconds, client, name, outcome, alerts }: AuditFilter) =>
  [
    ...[before ?? null, seconds ?? null, client ?? null, name ?? null, outcome ?? null],
    alerts === undefined ? null : Number(alerts),
    from ?? null,
  ] as const;

/** One page, the newest first. */
export const readAudit = (database: Database, filter: AuditFilter): readonly AuditEntry[] =>
  database
    .prepare(`SELECT ${COLUMNS} FROM audit WHERE ${WHERE} ORDER BY id DESC LIMIT ${filter.limit}`)
    .all(...valuesOf(filter))
    .map(toEntry);

/** How many rows match, whatever the page. */
export const countAudit = (database: Database, filter: AuditFilter): number =>
  Number(
    database
      .prepare(`SELECT count(*) AS n FROM audit WHERE ${WHERE}`)
      .get(...valuesOf({ ...filter, before: undefined }))?.n,
  );
