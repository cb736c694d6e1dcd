// The log of who asked the MCP server what, as data: the one table of the audit file, and the view of it that SQL sees beside
// a recording. Must not know how rows are hashed, signed or kept.
import { field } from './field.ts';
import { table, view } from './table.ts';

/** Stored in SQLite's `application_id` of an audit file: the letters "wtra". */
export const AUDIT_APPLICATION_ID = 0x77747261;
/** Stored in its `user_version`. */
export const AUDIT_VERSION = 1;
/** The name under which it is attached beside a recording. */
export const AUDIT_SCHEMA = 'audit_log';

/**
 * What a row is. `call`: a finished interaction. `begin`: one that runs, written before it does, so that one which ends the
 * server is on record too. `alert`: a rule found something. `pruned`: the oldest rows were removed. `opened`: a server began
 * to write here.
 */
export const auditKinds = ['call', 'begin', 'alert', 'pruned', 'opened'] as const;
export type AuditKind = (typeof auditKinds)[number];

/** How an interaction ended. `rejected_sql`: the sandbox did not even run the SQL. `unanswered` is said of a `begin` alone. */
export const auditOutcomes = ['ok', 'tool_error', 'denied', 'rejected_sql', 'error', 'cancelled'] as const;
export type AuditOutcome = (typeof auditOutcomes)[number];

/** `hash` covers every other column in this order, but for `signature`, after the hash of the row before. */
export const auditTable = table({
  name: 'audit',
  doc: 'what MCP clients asked this user’s servers, one row an interaction, each hashed with the row before it and signed',
  columns: [
    field('id', 'id', 'position in the chain, without gaps'),
    field('kind', 'text', auditKinds.join(', ')),
    field('begun', 'ref', 'audit.id of the row of kind begin, written before it ran'),
    field('unix_ns', 'unix_time', 'when it came, by the clock of the wall'),
    field('monotonic_ns', 'duration', 'when it came, by CLOCK_MONOTONIC of that boot'),
    field('boot_id', 'text', 'which boot of the machine'),
    field('server_pid', 'pid', 'the server that was asked'),
    field('transport', 'text', 'stdio, socket, http'),
    field('credential', 'text', 'what proves the caller: parent, peer, token, oauth, certificate, anonymous'),
    field('principal', 'untrusted_text', 'the caller, stable over its connections'),
    field('uid', 'number', 'user of the calling process, where the kernel named it'),
    field('gid', 'number', 'its group'),
    field('pid', 'pid', 'the calling process'),
    field('exe', 'untrusted_text', 'its program, a hint and no proof'),
    field('subject', 'untrusted_text', 'sub of a token or name of a certificate'),
    field('remote', 'untrusted_text', 'address of the other end of a network connection'),
    field('client', 'untrusted_text', 'name that the client claims; nobody has checked it'),
    field('client_version', 'untrusted_text', 'version that the client claims'),
    field('method', 'untrusted_text', 'MCP method; (malformed) for what is no message'),
    field('name', 'untrusted_text', 'tool, prompt or resource'),
    field('arguments', 'untrusted_text', 'arguments as JSON, without secrets, cut when long'),
    field('arguments_sha256', 'text', 'digest of all of them, without secrets, keys in order'),
    field('recording', 'untrusted_text', 'file that was asked'),
    field('duration_ns', 'duration', 'until the answer'),
    field('rows', 'count', 'items in the answer'),
    field('bytes', 'bytes', 'length of the answer'),
    field('truncated', 'boolean', 'the answer says that it was cut'),
    field('outcome', 'text', auditOutcomes.join(', ')),
    field('error_code', 'text', 'code of the error'),
    field('traceparent', 'untrusted_text', 'W3C trace context that the client sent'),
    field('detail', 'json', 'of an alert its rule and the rows that prove it; of pruned rows what they were'),
    field('hash', 'digest', 'SHA-256 over the hash of the row before and this row'),
    field('signature', 'digest', 'Ed25519 signature of the hash'),
  ],
});

export type AuditColumn = (typeof auditTable)['columns'][number]['name'];

const fact = (key: string): string => `(SELECT value FROM main.recording WHERE key = '${key}')`;
const isSameBoot = `a.boot_id = ${fact('boot_id')}`;

/**
 * Beside a recording, with the audit file attached. On the boot of the recording times come from the clock
 * that the kernel's events have; else from the wall's, which somebody may have set.
 */
export const mcpCalls = view({
  name: 'mcp_calls',
  doc: 'what MCP clients asked this server, on the time axis of this recording; needs the scope admin',
  columns: [
    field('id', 'id', 'row of the audit log'),
    field('start_ns', 'time', 'when it came; negative before the recording began'),
    field('duration_ns', 'duration', 'until the answer'),
    field('clock', 'text', 'monotonic: the clock of the events; wall: another boot or an old recording, less exact'),
    field('principal', 'untrusted_text', 'the caller, as proven by its transport'),
    field('client', 'untrusted_text', 'name that the client claims; nobody has checked it'),
    field('method', 'untrusted_text', 'MCP method'),
    field('name', 'untrusted_text', 'tool, prompt or resource'),
    field('arguments', 'untrusted_text', 'as JSON, without secrets, cut when long'),
    field('outcome', 'text', `${auditOutcomes.join(', ')}; alert, unanswered`),
    field('error_code', 'text', 'code of the error; of an alert its rule'),
    field('rows', 'count', 'items in the answer'),
    field('bytes', 'bytes', 'length of the answer'),
    field('truncated', 'boolean', 'the answer says that it was cut'),
    field('recording', 'untrusted_text', 'file that was asked'),
    field('transport', 'text', 'stdio, socket, http'),
    field('credential', 'text', 'what proves the caller'),
    field('uid', 'number', 'user of the calling process'),
    field('pid', 'pid', 'the calling process'),
    field('exe', 'untrusted_text', 'its program, a hint and no proof'),
    field('server_pid', 'pid', 'the server that was asked'),
    field('traceparent', 'untrusted_text', 'W3C trace context that the client sent'),
  ],
  sql: `SELECT a.id,
    CASE WHEN ${isSameBoot} THEN a.monotonic_ns - CAST(${fact('started_monotonic_ns')} AS INTEGER)
      ELSE a.unix_ns - CAST(${fact('started_unix_ns')} AS INTEGER) END AS start_ns,
    a.duration_ns, CASE WHEN ${isSameBoot} THEN 'monotonic' ELSE 'wall' END AS clock,
    a.principal, a.client, a.method, a.name, a.arguments,
    CASE a.kind WHEN 'alert' THEN 'alert' WHEN 'begin' THEN 'unanswered' ELSE a.outcome END AS outcome,
    a.error_code, a.rows, a.bytes, a.truncated, a.recording, a.transport, a.credential, a.uid, a.pid, a.exe,
    a.server_pid, a.traceparent
  FROM ${AUDIT_SCHEMA}.audit a
  WHERE a.kind IN ('call', 'alert') OR (a.kind = 'begin' AND NOT EXISTS
    (SELECT 1 FROM ${AUDIT_SCHEMA}.audit b WHERE b.begun = a.id))`,
  examples: [
    {
      question: 'Who asked what, the newest first?',
      sql: 'SELECT start_ns / 1e9 AS at_s, principal, client, method, name, outcome, bytes FROM mcp_calls ORDER BY id DESC LIMIT 20',
    },
    {
      question: 'Which calls were slow while the recorded programs waited for a CPU?',
      sql: `SELECT m.name, m.duration_ns / 1e6 AS ms, count(w.id) AS waits FROM mcp_calls m LEFT JOIN waits w
  ON w.kind = 'runnable' AND w.start_ns < m.start_ns + m.duration_ns AND w.start_ns + w.duration_ns > m.start_ns
  WHERE m.clock = 'monotonic' GROUP BY m.id ORDER BY m.duration_ns DESC LIMIT 10`,
    },
  ],
});
