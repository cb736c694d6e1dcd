// Holds each new row of the audit log against all rules. To add a rule: its file, its line here, its case in the test.
import type { AuditRow, PlacedRow } from '../../store/audit/audit-row.ts';
import type { Past } from '../../store/audit/past.ts';
import { burst } from './rules/burst.ts';
import { denials, unprovenDenials } from './rules/denials.ts';
import { firstSeenClient, firstSeenPrincipal } from './rules/first-seen.ts';
import { reconnaissance } from './rules/reconnaissance.ts';
import { rejectedSql } from './rules/rejected-sql.ts';
import type { Rule } from './rules/rule.ts';
import { sizeSpike } from './rules/size-spike.ts';
import { unusualMix } from './rules/unusual-mix.ts';

export const rules: readonly Rule[] = [
  firstSeenPrincipal,
  firstSeenClient,
  reconnaissance,
  burst,
  denials,
  unprovenDenials,
  unusualMix,
  rejectedSql,
  sizeSpike,
];

/** An alert as a row: who and when are those of the row that gave rise to it. */
export const alertRow = (row: AuditRow, rule: string, detail: object): AuditRow => ({
  ...row,
  kind: 'alert',
  ...{ begun: null, arguments: null, arguments_sha256: null, duration_ns: null, rows: null, bytes: null },
  ...{ truncated: null, outcome: null, traceparent: null },
  error_code: rule,
  detail: JSON.stringify({ rule, ...detail }),
});

/** The alerts that follow from a row. Only finished interactions are looked at. */
export const alertsFor = (row: PlacedRow, past: Past): readonly AuditRow[] => {
  if (row.kind !== 'call') return [];
  const { id: _, ...bare } = row;
  return rules.flatMap(({ name, severity, meaning, quietSeconds, find }) => {
    const finding = find(row, past);
    if (finding === undefined) return [];
    const isQuiet = quietSeconds > 0 && row.principal !== null && past.hasAlert(row.principal, name, quietSeconds);
    return isQuiet ? [] : [alertRow(bare, name, { severity, meaning, ...finding })];
  });
};
