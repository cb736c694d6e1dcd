// Reads the alerts of a recording, in the shape in which the running watches give them, and what was not watched while it was
// made. A recording of before there were any has none.
import {
  type Alert,
  type AlertsPending,
  isAtLeast,
  type Severity,
  type Suspect,
  severities,
  type WatchName,
  watchNames,
} from '../base/alert.ts';
import type { AlertsRead, KeptEvent, NetworkCounters, Proof, ProofEvent } from '../base/live-desk.ts';
import type { Database } from './open.ts';
import { maybeNumber, maybeText, number, type Row, text } from './row.ts';

const ALERTS = `SELECT id, start_ns, end_ns, count, severity, rule, watch, title, technique, pid, comm, exe, exe_id, uid, container, parents,
  facts, evidence, benign FROM alerts WHERE id > ? ORDER BY id`;
const EVIDENCE = 'SELECT evidence FROM alerts WHERE id = ?';
const EVENT = 'SELECT time_ns, pid, tid, comm, event, fields, uid, cpu FROM live_events WHERE id = ?';
const LAST = 'SELECT coalesce(max(id), 0) AS last FROM alerts';
const PENDING = "SELECT severity, count(*) AS n FROM alerts WHERE id > ? AND severity <> 'info' GROUP BY severity";
const LOSSES = 'SELECT detail, sum(count) AS n FROM losses WHERE reason = ? GROUP BY detail ORDER BY min(id)';

/** Begins the detail of a loss of events that a watch did not look at; its rule follows. */
const OF_WATCH = 'watch: ';

const isThere = (database: Database): boolean =>
  database.prepare("SELECT 1 AS yes FROM sqlite_schema WHERE type = 'view' AND name = 'alerts'").get() !== undefined;

/** What stands in a column of JSON; undefined when it is none, in a file that somebody else has made. */
const parsed = (row: Row, column: string): unknown => {
  try {
    return JSON.parse(maybeText(row, column) ?? 'null');
  } catch {
    return undefined;
  }
};
const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : [];

const suspects = (value: unknown): readonly Suspect[] =>
  itemsOf(value).flatMap((item) => {
    const { pid, comm, exe } = Object.fromEntries(entriesOf(item));
    if (typeof pid !== 'number' || typeof comm !== 'string') return [];
    return [{ pid, comm, ...(typeof exe === 'string' ? { exe } : {}) }];
  });

const isPlain = (value: unknown): value is number | string | null =>
  value === null || typeof value === 'number' || typeof value === 'string';
const plainOf = (value: unknown): KeptEvent['values'] =>
  Object.fromEntries(entriesOf(value).flatMap(([name, one]) => (isPlain(one) ? [[name, one] as const] : [])));

const alertOf = (row: Row): Alert => {
  const [pid, severity, watch] = [maybeNumber(row, 'pid'), text(row, 'severity'), text(row, 'watch')];
  const process = {
    comm: maybeText(row, 'comm') ?? '',
    exe: maybeText(row, 'exe') ?? undefined,
    exe_id: maybeText(row, 'exe_id') ?? undefined,
    uid: maybeNumber(row, 'uid') ?? undefined,
  };
  return {
    id: number(row, 'id'),
    rule: text(row, 'rule'),
    watch: watchNames.find((name) => name === watch) ?? 'security',
    severity: severities.find((name) => name === severity) ?? 'info',
    title: text(row, 'title'),
    time: number(row, 'start_ns'),
    last: number(row, 'end_ns'),
    count: number(row, 'count'),
    key: '',
    process: pid === null ? undefined : { pid, ...process },
    ancestry: suspects(parsed(row, 'parents')),
    container: maybeText(row, 'container') ?? undefined,
    facts: plainOf(parsed(row, 'facts')),
    evidence: itemsOf(parsed(row, 'evidence')).filter((item) => typeof item === 'string'),
    benign: text(row, 'benign'),
    technique: maybeText(row, 'technique') ?? undefined,
  };
};

/** The watches that ran beside the recording. */
export const watchesOf = (facts: ReadonlyMap<string, string>): readonly WatchName[] => {
  const named = (facts.get('watches') ?? '').split(',');
  return watchNames.filter((name) => named.includes(name));
};

const lossesBy = (database: Database, reason: string): readonly (readonly [string, number])[] =>
  database
    .prepare(LOSSES)
    .all(reason)
    .map((row) => [maybeText(row, 'detail') ?? '', number(row, 'n')] as const);

/** Alerts with an id above `after`, of at least a severity, oldest first. */
export const readAlerts = (
  database: Database,
  facts: ReadonlyMap<string, string>,
  { after, least }: { readonly after: number; readonly least: Severity },
): AlertsRead => {
  const watched = watchesOf(facts);
  const silent = watchNames
    .filter((name) => !watched.includes(name))
    .map((name) => `${name}: the recording was made without --watch ${name}`);
  if (!isThere(database)) return { alerts: [], held_back: {}, not_watched: silent, last_id: 0, gap: 0, unseen: {} };
  const last = database.prepare(LAST).get();
  return {
    alerts: database
      .prepare(ALERTS)
      .all(after)
      .map(alertOf)
      .filter(({ severity }) => isAtLeast(severity, least)),
    held_back: Object.fromEntries(lossesBy(database, 'alert_held_back')),
    not_watched: [...silent, ...lossesBy(database, 'watch_partial').map(([detail]) => detail)],
    last_id: last === undefined ? 0 : number(last, 'last'),
    gap: 0,
    unseen: Object.fromEntries(
      lossesBy(database, 'live_limited').flatMap(([detail, n]) =>
        detail.startsWith(OF_WATCH) ? [[detail.slice(OF_WATCH.length), n] as const] : [],
      ),
    ),
  };
};

const proofOf = (name: string, row: Row): ProofEvent => ({
  row: name,
  event: text(row, 'event'),
  time: number(row, 'time_ns'),
  pid: maybeNumber(row, 'pid') ?? 0,
  tid: maybeNumber(row, 'tid') ?? 0,
  uid: maybeNumber(row, 'uid'),
  cpu: maybeNumber(row, 'cpu'),
  comm: maybeText(row, 'comm') ?? '',
  values: plainOf(parsed(row, 'fields')),
});

/** The events that prove an alert, as far as the recording still has them; none for an id that is no alert. */
export const readProof = (database: Database, id: number): Proof => {
  const alert = isThere(database) ? database.prepare(EVIDENCE).get(id) : undefined;
  const named =
    alert === undefined ? [] : itemsOf(parsed(alert, 'evidence')).filter((item) => typeof item === 'string');
  const find = named.length === 0 ? undefined : database.prepare(EVENT);
  const events = named.flatMap((name) => {
    const at = /^live_events:(\d{1,15})$/.exec(name)?.[1];
    const row = at === undefined ? undefined : find?.get(Number(at));
    return row === undefined ? [] : [proofOf(name, row)];
  });
  return { events, gone: named.length - events.length };
};

/** Alerts with an id above `after` that do more than inform: how many, and how bad the worst is; undefined when there are none. */
export const readPending = (database: Database, after: number): AlertsPending | undefined => {
  if (!isThere(database)) return undefined;
  const counts = new Map(
    database
      .prepare(PENDING)
      .all(after)
      .map((row) => [text(row, 'severity'), number(row, 'n')] as const),
  );
  const max_severity = severities.findLast((name) => counts.has(name));
  const count = [...counts.values()].reduce((sum, n) => sum + n, 0);
  return max_severity === undefined ? undefined : { count, max_severity };
};

/** What the kernel had counted of the network of this host when the recording ended, since it began; empty when it was not watched. */
export const readNetworkCounters = (facts: ReadonlyMap<string, string>): NetworkCounters => {
  try {
    return Object.fromEntries(
      entriesOf(JSON.parse(facts.get('network_counters') ?? '{}')).flatMap(([name, value]) =>
        typeof value === 'number' ? [[name, value] as const] : [],
      ),
    );
  } catch {
    return {};
  }
};
