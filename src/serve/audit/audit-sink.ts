// Where what MCP clients do is put on record: rows into the log, alerts to the operator, and loudly so when nothing can be
// written. Every transport writes here; none can do without.
import { messageOf } from '../../base/errors.ts';
import { createAuditLog } from '../../store/audit/audit-log.ts';
import type { AuditRow } from '../../store/audit/audit-row.ts';
import { alertRow, alertsFor } from './alerts.ts';
import { blankRow, type Caller } from './blank-row.ts';
import { type Moment, now } from './moment.ts';

/** Bytes of the log from which on its oldest rows go. */
const LIMIT = 256 * 1024 * 1024;

/** What is told of one interaction; the rest of its row is null. */
export type Told = Partial<Omit<AuditRow, 'kind' | 'unix_ns' | 'monotonic_ns'>>;

export type AuditSink = {
  /** Where the log is. */
  readonly path: string;
  /** Opens the log before the first row: for whoever may open nothing later. Throws a UserError when it cannot be written. */
  readonly open: () => void;
  /** Puts one row on record and returns its id. Throws a UserError when that cannot be done: then refuse what was asked. */
  readonly append: (kind: 'call' | 'begin', at: Moment, caller: Caller, told: Told) => number;
  readonly close: () => void;
};

export type SinkOptions = {
  readonly path: string;
  /** Folder of the key that signs the chain. */
  readonly keyFolder: string;
  /** Tells the operator: alerts, and that nothing can be written. */
  readonly report: (text: string) => void;
  readonly limit?: number;
};

const CHANGED = {
  severity: 'warning',
  meaning: 'a row that this server wrote is gone or another one: somebody changed the audit log',
} as const;

/** Opens nothing before the first row, unless told. */
export const createAuditSink = ({ path, keyFolder, report, limit = LIMIT }: SinkOptions): AuditSink => {
  const own = (kind: AuditRow['kind'], detail: object): AuditRow => ({
    ...blankRow(now(), { principal: undefined }),
    kind,
    detail: JSON.stringify(detail),
  });
  const log = createAuditLog({
    path,
    keyFolder,
    limit,
    own: {
      opened: (detail) => {
        if (detail.vanished !== undefined) report(`audit alert log_replaced: ${path} is not the file it was`);
        return own('opened', detail);
      },
      pruned: (detail) => own('pruned', detail),
      changed: (vanished) => {
        report(`audit alert log_changed: ${CHANGED.meaning}`);
        return alertRow(own('alert', {}), 'log_changed', { ...CHANGED, vanished });
      },
      follow: (row, past) => {
        const alerts = alertsFor(row, past);
        for (const { error_code } of alerts) report(`audit alert ${error_code}: row ${row.id} of ${path}`);
        return alerts;
      },
    },
  });
  return {
    path,
    append: (kind, at, caller, told) => {
      try {
        return log.append({ ...blankRow(at, caller), ...told, kind });
      } catch (thrown) {
        report(messageOf(thrown));
        throw thrown;
      }
    },
    open: log.open,
    close: log.close,
  };
};
