// Reads what happened to the connection that a wait was for: segments that TCP sent again, packets of it that were dropped, full
// queues of listening programs. By whichever end is on this host; drops and queues where the network watch ran beside.
import type { Database } from './open.ts';
import type { Window } from './recording.ts';
import { maybeText, number, type Row, text } from './row.ts';

const ENDS = 'SELECT f.local, f.remote FROM waits w JOIN files f ON f.id = w.object WHERE w.id = ?';
const SENT_AGAIN = `SELECT id, detail FROM moments WHERE kind = 'tcp_retransmit' AND detail IN (?, ?)
  AND time_ns >= ? AND time_ns < ? ORDER BY id`;
const of = (event: string) => `source IN (SELECT id FROM live_source WHERE event = '${event}')`;
const between = (a: string, b: string) =>
  `(fields ->> 'from' = :${a} AND fields ->> 'from_port' = :${a}_port AND fields ->> 'to' = :${b} AND fields ->> 'to_port' = :${b}_port)`;
const DROPPED = `SELECT id, coalesce(fields ->> 'reason', '') AS reason, coalesce(fields ->> 'location', '') AS place FROM live_event
  WHERE ${of('skb:kfree_skb')} AND time_ns >= :start AND time_ns < :end
  AND (${between('local', 'remote')} OR ${between('remote', 'local')}) ORDER BY id`;
const FULL_QUEUES = `SELECT id FROM live_event WHERE ${of('proc:netstat')}
  AND time_ns >= ? AND time_ns < ? AND fields ->> 'counter' = 'TcpExt.ListenOverflows' ORDER BY id`;
/** What was sent just before a thread began to wait for the answer, in ns. */
const LEAD_NS = 50e6;
/** The counters of full queues are looked at once a second. */
const LOOK_NS = 1e9;

export type Dropped = { readonly reason: string; readonly place: string; readonly ids: readonly number[] };
export type Connection = {
  /** Segments that this end, and the far one, sent again: ids of `moments`. */
  readonly own: readonly number[];
  readonly far: readonly number[];
  /** Packets of it that this host dropped, by the kernel's reason and place, most first: ids of `live_events`. */
  readonly dropped: readonly Dropped[];
  /** That a program of this host refused connections since its queue was full: ids of `live_events`. */
  readonly fullQueues: readonly number[];
};

type End = { readonly address: string; readonly port: number };

/** "10.0.0.1:80" or "[::1]:80". */
const endOf = (shown: string | null): End | undefined => {
  const [, address, port] = /^\[?([^\]]*)\]?:(\d+)$/.exec(shown ?? '') ?? [];
  return address === undefined || port === undefined ? undefined : { address, port: Number(port) };
};

const hasLiveEvents = (database: Database): boolean =>
  database.prepare("SELECT 1 AS yes FROM sqlite_schema WHERE type = 'table' AND name = 'live_event'").get() !==
  undefined;

const ids = (rows: readonly Row[]): readonly number[] => rows.map((row) => number(row, 'id'));

/** Each row once, in windows that may overlap. */
const once = (windows: readonly Window[], read: (window: Window) => readonly Row[]): readonly Row[] => {
  const found = new Map<number, Row>();
  for (const window of windows) for (const row of read(window)) found.set(number(row, 'id'), row);
  return [...found.values()];
};

const droppedBy = (rows: readonly Row[]): readonly Dropped[] =>
  [...Map.groupBy(rows, (row) => `${text(row, 'reason')}\0${text(row, 'place')}`).entries()]
    .map(([key, same]) => {
      const [reason = '', place = ''] = key.split('\0');
      return { reason, place, ids: ids(same) };
    })
    .sort((a, b) => b.ids.length - a.ids.length);

/** In all windows together; undefined where the ends of the connection are not known. */
export const readConnection = (
  database: Database,
  wait: number,
  windows: readonly Window[],
): Connection | undefined => {
  const row = database.prepare(ENDS).get(wait);
  const [local, remote] = row === undefined ? [] : [endOf(maybeText(row, 'local')), endOf(maybeText(row, 'remote'))];
  if (local === undefined || remote === undefined || local.port === 0 || remote.port === 0) return undefined;
  const [own, far] = [local.port * 65_536 + remote.port, remote.port * 65_536 + local.port];
  const again = database.prepare(SENT_AGAIN);
  const sent = once(windows, ({ start_ns, end_ns }) => again.all(own, far, start_ns, end_ns));
  const sentBy = (ports: number) => ids(sent.filter((one) => number(one, 'detail') === ports));
  const plain = { own: sentBy(own), far: own === far ? [] : sentBy(far) };
  if (!hasLiveEvents(database)) return { ...plain, dropped: [], fullQueues: [] };
  const drops = database.prepare(DROPPED);
  const ends = { local: local.address, local_port: local.port, remote: remote.address, remote_port: remote.port };
  const full = database.prepare(FULL_QUEUES);
  return {
    ...plain,
    dropped: droppedBy(
      once(windows, ({ start_ns, end_ns }) => drops.all({ ...ends, start: start_ns - LEAD_NS, end: end_ns })),
    ),
    fullQueues: ids(once(windows, ({ start_ns, end_ns }) => full.all(start_ns, end_ns + LOOK_NS))),
  };
};
