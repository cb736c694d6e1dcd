// Who asked this server what, what was out of the ordinary, and whether the log of it is whole.

import { openAuditForReading } from '../../store/audit/audit-file.ts';
import { type AuditEntry, type AuditFilter, countAudit, readAudit } from '../../store/audit/read-audit.ts';
import { verifyAudit } from '../../store/audit/verify-audit.ts';
import { knownPublicKey } from '../../store/evidence/key.ts';
import type { Database } from '../../store/open.ts';
import { readableAudit } from '../audit/readable-audit.ts';
import { errors } from '../errors.ts';
import { fitting } from '../fit.ts';
import { parseTime } from '../time-text.ts';
import { defineTool } from '../tool.ts';
import { z } from '../zod.ts';

const DEFAULT_ROWS = 50;
/** Rows at the end of the log whose chain one answer checks, within a tenth of a second; `whytrace verify` checks all. */
const CHECKED_ROWS = 5_000;
/** Characters of a row's arguments that an answer repeats. */
const LONGEST_ARGUMENTS = 120;
/** Part of the answer that alerts may take, and room for the rest of it. */
const ALERT_SHARE = 0.35;
const FRAME = 700;

const fields = z.record(z.string(), z.union([z.string(), z.number()]));
type Fields = Readonly<Record<string, string | number>>;

/** Without what is not told: a row has a third of its columns at most. */
const told = (row: Readonly<Record<string, string | number | null | undefined>>): Fields =>
  Object.fromEntries(Object.entries(row).flatMap(([key, value]) => (value == null ? [] : [[key, value]])));

/** Tools that answered, or refused to: not what a client merely called one. */
const isTool = ({ method, name, outcome }: AuditEntry): boolean =>
  method === 'tools/call' && outcome !== 'error' && /^[a-z_]{1,40}$/.test(name ?? '');

/** A row in short: all of its columns are in the view mcp_calls. */
const shownRow = (entry: AuditEntry): Fields => {
  const { id, time, kind, principal, client, method, name, arguments: given, truncated } = entry;
  const { transport, pid, duration_ns, rows, bytes, outcome, error_code } = entry;
  const args = given !== null && given.length > LONGEST_ARGUMENTS ? `${given.slice(0, LONGEST_ARGUMENTS)}…` : given;
  return told({
    ...{ id, time, caller: principal, client, method },
    ...(kind === 'call' || kind === 'begin' ? {} : { kind }),
    ...(isTool(entry) ? { tool: name } : { name }),
    ...{ arguments: args, outcome, error_code, duration_ns, rows, bytes },
    ...(truncated === 1 ? { truncated } : {}),
    ...{ transport, pid },
  });
};

const shownAlert = ({ id, time, principal, client, error_code, detail }: AuditEntry): Fields => {
  const { severity, meaning, rows, seen }: Record<string, unknown> = JSON.parse(detail ?? '{}');
  return told({
    ...{ id, time, rule: error_code, caller: principal, client },
    severity: String(severity ?? ''),
    meaning: String(meaning ?? ''),
    proof: JSON.stringify({ rows, seen }),
  });
};

type Asked = {
  readonly filter: AuditFilter;
  readonly isAlertsOnly: boolean;
  readonly budget: number;
  readonly keyFolder: string;
};

const read = (database: Database, { filter, isAlertsOnly, budget, keyFolder }: Asked) => {
  const check = verifyAudit(database, { key: knownPublicKey(keyFolder), newest: CHECKED_ROWS });
  const { fault } = check;
  const found = readAudit(database, { ...filter, alerts: true, limit: isAlertsOnly ? filter.limit : 10 });
  const alerts = fitting(found.map(shownAlert), budget * (isAlertsOnly ? 1 : ALERT_SHARE));
  const left = budget - JSON.stringify(alerts).length - FRAME;
  const matching = isAlertsOnly ? [] : readAudit(database, { ...filter, alerts: false });
  const rows = fitting(matching.map(shownRow), left);
  const shown = isAlertsOnly ? alerts : rows;
  const total = countAudit(database, { ...filter, alerts: isAlertsOnly });
  const last = shown.at(-1)?.id;
  const seen = countAudit(database, { ...filter, alerts: isAlertsOnly, from: Number(last ?? 0) });
  return {
    rows,
    alerts,
    total,
    truncated: total > seen,
    ...(total > seen && last !== undefined ? { next_cursor: String(last) } : {}),
    chain: {
      ok: fault === undefined && check.signature === 'ok',
      ...{ verified_from: check.from, verified_to: check.to, head: check.head, signature: check.signature },
      ...(fault === undefined ? {} : { fault: `row ${fault.id}: ${fault.why}` }),
    },
  };
};

const NOTHING = { rows: [], alerts: [], total: 0, truncated: false };
const NO_CHAIN = { ok: false, verified_from: 0, verified_to: 0, head: '', signature: 'none' };

export const getAuditLog = defineTool({
  name: 'get_audit_log',
  title: 'Read the audit log',
  description:
    'Who asked this server what? MCP requests of all clients, newest first, alerts, and whether the log is unchanged. SQL over the same: view mcp_calls.',
  traits: { scope: 'admin', untrusted: true },
  input: z.strictObject({
    since: z.union([z.number(), z.string()]).optional().describe("Only the last so long, e.g. '1h'"),
    client: z.string().max(200).optional().describe('Client or caller'),
    tool: z.string().max(200).optional().describe('Tool, prompt or resource'),
    outcome: z.string().max(20).optional().describe('ok, tool_error, denied, rejected_sql, error, cancelled'),
    alerts: z.boolean().optional().describe('Alerts only'),
    limit: z.int().min(1).max(500).optional().describe('Rows'),
    cursor: z.string().max(20).optional().describe('next_cursor'),
  }),
  output: z.object({
    rows: z.array(fields),
    alerts: z.array(fields).describe('proof: ids of rows'),
    total: z.number(),
    truncated: z.boolean(),
    next_cursor: z.string().optional(),
    chain: z.object({
      ok: z.boolean(),
      verified_from: z.number(),
      verified_to: z.number(),
      head: z.string(),
      signature: z.string(),
      fault: z.string().optional(),
    }),
  }),
  handler: ({ since, client, tool, outcome, alerts = false, limit = DEFAULT_ROWS, cursor }, context) => {
    if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) throw errors.badCursor({});
    const audit = readableAudit(context);
    if (audit === undefined) return { ...NOTHING, chain: { ...NO_CHAIN, fault: 'there is no log yet' } };
    const filter: AuditFilter = {
      ...{ client, name: tool, outcome, limit },
      before: cursor === undefined ? undefined : Number(cursor),
      seconds: since === undefined ? undefined : parseTime(since) / 1e9,
    };
    const database = openAuditForReading(audit.path);
    try {
      return read(database, { filter, isAlertsOnly: alerts, budget: context.budget, keyFolder: audit.keyFolder });
    } finally {
      database.close();
    }
  },
});
