// Whether packets of the connection that a thread waited for were lost, and where: what TCP sent again while it waited tells, and
// where the network was watched beside, what this host dropped of it.
import { cleanText } from '../../base/sanitize.ts';
import { countText } from '../../base/units.ts';
import { type Connection, readConnection } from '../../store/read-connection.ts';
import type { Recording, Window } from '../../store/recording.ts';
import { type Part, waitIn } from '../pieces.ts';

/** What is said of lost packets, and of those that this host dropped. */
export const SENT_AGAIN = 'sent again';
export const DROPPED_BY = 'dropped by ';

/** Of the kernel: a sender asks so whether a closed window is open again (net/ipv4/tcp_timer.c, tcp_probe_timer). */
const WINDOW_PROBE = 'TCP_OLD_SEQUENCE';
/** Reasons that are told one by one. */
const MOST_REASONS = 2;
const NAME = 48;
/** What a compiler appends to the name of a function that it has changed. */
const OF_COMPILER = /\.(?:constprop|isra|part|cold)\b.*/;

const connectionOf = (recording: Recording, part: Part, windows: readonly Window[]): Connection | undefined => {
  const wait = waitIn(part.evidence);
  return part.kind !== 'network' || wait === undefined ? undefined : readConnection(recording.database, wait, windows);
};

const timesText = (count: number): string => (count === 1 ? 'once' : `${count} times`);

const againText = ({ own, far }: Connection): string => {
  const count = own.length + far.length;
  if (count === 0) return '';
  if (own.length === 0) return `, the answer was ${SENT_AGAIN} ${timesText(count)}`;
  if (far.length === 0) return `, what it sent was ${SENT_AGAIN} ${timesText(count)}`;
  return `, ${countText(count, 'segment')} ${SENT_AGAIN}`;
};

const droppedText = ({ dropped }: Connection): string =>
  dropped
    .filter(({ reason }) => reason !== WINDOW_PROBE)
    .slice(0, MOST_REASONS)
    .map(({ reason, place, ids }) => {
      const at = place === '' ? '' : ` at ${cleanText(place.replace(OF_COMPILER, ''), NAME)}`;
      return `${countText(ids.length, 'packet')} ${ids.length === 1 ? 'was' : 'were'} ${DROPPED_BY}${cleanText(reason, NAME)}${at}`;
    })
    .join(' and ');

/**
 * ", the answer was sent again 3 times: 3 packets were dropped by NETFILTER_DROP at nft_do_chain", as far as it was so, else
 * nothing: of a wait for the network that nobody on this host is known to have ended.
 */
export const sentAgainText = (recording: Recording, part: Part, windows: readonly Window[]): string => {
  const connection = connectionOf(recording, part, windows);
  if (connection === undefined) return '';
  const again = againText(connection);
  const dropped = droppedText(connection);
  const probes = connection.dropped.find(({ reason }) => reason === WINDOW_PROBE)?.ids.length ?? 0;
  const closed = probes === 0 ? '' : `, a closed window was asked for ${timesText(probes)}: its receiver did not read`;
  const full =
    again !== '' && connection.fullQueues.length > 0 ? ', while the queue of a listening program here was full' : '';
  return `${again}${dropped === '' ? '' : `${again === '' ? ', ' : ': '}${dropped}`}${closed}${full}`;
};

/** Rows that prove that, one of each kind, what says most first: "live_events:12", "moments:4". */
export const sentAgainRows = (recording: Recording, part: Part): readonly string[] => {
  const { start_ns, end_ns } = part;
  const connection = connectionOf(recording, part, [{ start_ns, end_ns }]);
  if (connection === undefined) return [];
  const { own, far, dropped, fullQueues } = connection;
  const [again] = [...far, ...own];
  const events = [...dropped.slice(0, 1).flatMap(({ ids }) => ids.slice(0, 1)), ...fullQueues.slice(0, 1)];
  return [...events.map((id) => `live_events:${id}`), ...(again === undefined ? [] : [`moments:${again}`])];
};
