// One look of a reader at the events of a subscription: waits until what it asked for is there, and gives it out with the place
// where it stands then: as events, or as counts where there are more than it can take. Knows neither the kernel nor who asks.
import { collapseEvents } from '../base/collapse-events.ts';
import { COMMON, columnOf } from '../base/event-columns.ts';
import { eventTable } from '../base/event-table.ts';
import type { AlertNote, LiveEvent, Stop, Watched, WatchRequest } from '../base/live-desk.ts';
import { nearest } from '../base/nearest.ts';
import type { Format } from '../capture/live/format.ts';
import type { AlertBook } from './alerts/book.ts';
import { conditionTest } from './condition.ts';
import { cursorOf, placeOf } from './cursor.ts';
import { errors } from './errors.ts';
import type { EventLog } from './event-log.ts';
import { LIMITS } from './limits.ts';
import { shownFields } from './shown-fields.ts';
import { waitUntil } from './wait-until.ts';

/** Alerts that one answer tells of; the next one tells of more. */
const MOST_ALERTS = 10;
const ANY = { characters: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY } as const;

export type LogSource = {
  readonly epoch: string;
  readonly id: string;
  readonly format: Format;
  readonly log: EventLog;
  /** Called at each event, at each alert, and at the end. */
  readonly waiting: Set<() => void>;
  readonly hasEnded: () => boolean;
  /** The alerts of this program; starts the watches that raise them. Throws a UserError where there are none. */
  readonly alerts: () => Pick<AlertBook, 'list' | 'lastId'>;
  /** Hands over what waits in the kernel now. */
  readonly drain: () => void;
};

/** Looks for the first event after `seq` that passes, among the first `most`; at each event once. */
const createSearch = (log: EventLog, seq: number, most: number, passes: (event: LiveEvent) => boolean) => {
  let looked = seq;
  let left = most;
  let hit: LiveEvent | undefined;
  return (): LiveEvent | undefined => {
    if (hit !== undefined || left === 0) return hit;
    for (const event of log.after(looked, left)) {
      looked = event.seq;
      left--;
      if (!passes(event)) continue;
      hit = event;
      break;
    }
    return hit;
  };
};

/** Throws a UserError for a column that tables of these events do not have. */
const checkColumns = (format: Format, by: readonly string[]): void => {
  const event = `${format.category}:${format.name}`;
  const known = [...COMMON, ...shownFields(format).map(({ name }) => columnOf(name))];
  const wrong = by.find((name) => !known.includes(name));
  if (wrong !== undefined) throw errors.noColumn({ event, column: wrong, known, near: nearest(wrong, known) });
};

/** What is there after a place: all of it up to the event that was waited for, and as much as a reader takes at once. */
const takeFrom = (
  { log, format }: Pick<LogSource, 'log' | 'format'>,
  seq: number,
  { count, take = count, room = ANY, collapse }: WatchRequest,
  hit: LiveEvent | undefined,
): Pick<Watched, 'collapsed' | 'events'> & { readonly last: number | undefined } => {
  const end = hit?.seq ?? Number.POSITIVE_INFINITY;
  const most = collapse === undefined ? Math.min(count, take) : Number.POSITIVE_INFINITY;
  const all = log.after(seq, most).filter((event) => event.seq <= end);
  const fields = shownFields(format).map(({ name }) => name);
  const fits = room === ANY ? all.length : eventTable(all, fields, room).events;
  // Where the reader waits for one event, its answer is to end with that one.
  const over = Math.min(collapse?.over ?? 0, hit === undefined ? Number.POSITIVE_INFINITY : 1);
  if (collapse !== undefined && (over === 0 || all.length > over * fits)) {
    const collapsed = collapseEvents(all, fields, room, collapse.by);
    return { events: [], collapsed, last: end === Number.POSITIVE_INFINITY ? all.at(-1)?.seq : end };
  }
  const events = all.slice(0, Math.min(count, take, fits));
  return { events, last: events.at(-1)?.seq };
};

/** Waits and reads. Rejects with a UserError for a cursor, a condition or a column that is none of this subscription. */
export const readLog = async (source: LogSource, request: WatchRequest): Promise<Watched> => {
  const { epoch, id, format, log } = source;
  const { cursor, count, match, severity, collapse } = request;
  const place = cursor === undefined ? undefined : placeOf(cursor);
  if (cursor !== undefined && (place?.epoch !== epoch || place.id !== id || place.seq > log.last()))
    throw errors.badCursor({ cursor });
  checkColumns(format, collapse?.by ?? []);
  const seq = place?.seq ?? log.first() - 1;
  const most = collapse === undefined ? count : Number.POSITIVE_INFINITY;
  const search = match === undefined ? () => undefined : createSearch(log, seq, most, conditionTest(format, match));
  const book = severity === undefined ? undefined : source.alerts();
  const told = place?.alert ?? book?.lastId();
  const raised = (): readonly AlertNote[] =>
    book === undefined || severity === undefined || book.lastId() === told
      ? []
      : book
          .list(told ?? 0, severity)
          .slice(0, MOST_ALERTS)
          .map((alert) => ({ id: alert.id, severity: alert.severity, rule: alert.rule, title: alert.title }));
  const reached = (): Stop | undefined => {
    if (search() !== undefined) return 'match';
    if (raised().length > 0) return 'severity';
    if (log.last() - seq >= count) return 'count';
    return source.hasEnded() ? 'ended' : undefined;
  };

  const waitMs = Math.min(request.waitMs, LIMITS.longestWaitMs);
  await waitUntil(() => reached() !== undefined, source.waiting, waitMs, request.signal);
  source.drain();
  const stopped = reached() ?? 'time';
  const hit = search();
  const alerts = raised();
  const { events, collapsed, last } = takeFrom(source, seq, request, hit);
  const next = last ?? Math.max(seq, log.first() - 1);
  return {
    events,
    cursor: cursorOf({ epoch, id, seq: next, alert: alerts.at(-1)?.id ?? told }),
    gap: Math.max(0, Math.min(log.first() - 1, next) - seq),
    more: log.last() - next,
    stopped,
    ...(hit === undefined ? {} : { match: hit }),
    ...(alerts.length === 0 ? {} : { alerts }),
    ...(collapsed === undefined ? {} : { collapsed }),
  };
};
