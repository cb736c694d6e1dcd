// The network watch: drops by the kernel's own reasons, retransmissions, resets, failed connections, full queues, closed windows,
// name servers. Each becomes a finding with its class, its addresses and, where it can be proven, its process.
import type { Finding, Severity } from '../../base/alert.ts';
import { type Drop, type NetEvents, openNetEvents } from '../../capture/live/net-events.ts';
import { askPaced } from '../../capture/live/paced.ts';
import { createSocketOwners } from '../../capture/socket-owners.ts';
import type { Watching, WatchParts } from '../watch-parts.ts';
import { startCounterWatch } from './counter-watch.ts';
import { dropClass, dropRules, dropSeverity, isForNeighbours, isWorthALook, unknownReasons } from './drop-classes.ts';
import { createNameServerWatch } from './name-server-watch.ts';
import { headersOf } from './packet.ts';
import { createRates } from './rates.ts';
import type { NetworkRule } from './rule-names.ts';
import { startSocketWatch } from './socket-watch.ts';

const WHILE_NS = 10e9;
const SWEEP_PACE = { least: 1000, most: 1000 } as const;
/** How often it is asked which network namespaces there are: that takes a look at every process. */
const NAMESPACES_MS = 3000;

/** What the parts of this watch say of something they saw. */
export type NetworkFinding = {
  readonly rule: NetworkRule;
  readonly severity: Severity;
  readonly title: string;
  readonly time: number;
  readonly key: string;
  readonly facts: Readonly<Record<string, number | string | null>>;
  readonly benign: string;
  readonly pid?: number | undefined;
  readonly comm?: string | undefined;
  readonly evidence?: readonly string[];
  /** What it was seen at, as category:name: its facts are kept as an event of it where no row proves it yet. */
  readonly seenAt?: string;
};

const titles = {
  malformed: 'packets were dropped that are malformed',
  spoofed: 'packets were dropped that cannot be what they say they are',
  policy: 'packets were dropped by a rule of this host',
  resource: 'packets were dropped since there was no room for them',
  topology: 'packets were dropped that have no way to go',
} as const;
const benign = {
  malformed: 'a faulty device or driver sends such packets, and so do scanners and tests',
  spoofed: 'asymmetric routes and packets delayed by minutes look so as well',
  policy: 'a firewall that does what it is told drops packets',
  resource: 'short bursts do so, and the sender tries again',
  topology: 'port scans, services that are not running and hosts that are off look so',
} as const;

/** Starts the watch. */
export const startNetworkWatch = ({ tap, clock, report, suspects, keep }: WatchParts): Watching => {
  const owners = createSocketOwners({ namespacesEveryMs: NAMESPACES_MS });
  const rates = createRates(WHILE_NS);

  const raise = ({ pid, comm = '', evidence = [], seenAt, ...finding }: NetworkFinding) => {
    const who = pid === undefined || pid === 0 ? undefined : suspects.identify(pid, comm);
    const { time, facts } = finding;
    const at = { time, pid: who?.process.pid ?? 0, tid: who?.process.pid ?? 0, comm: who?.process.comm ?? '' };
    const row = seenAt === undefined ? undefined : keep({ ...at, uid: null, cpu: null, values: facts }, seenAt);
    const raised: Finding = {
      ...finding,
      watch: 'network',
      process: who?.process,
      ancestry: who?.ancestry ?? [],
      container: who?.container,
      evidence: row === undefined ? evidence : [...evidence, row],
    };
    report(raised);
  };

  const onDrop = (drop: Drop) => {
    const kind = dropClass(drop.reason, drop.location);
    if (kind === 'benign') return;
    const { from, to, protocol, fromPort, toPort, data = 0 } = headersOf(drop.protocol, drop.bytes);
    if (isForNeighbours(to ?? '') && kind !== 'malformed' && kind !== 'spoofed') return;
    const place = `${drop.reason}@${drop.location}`;
    const key = [place, drop.namespace, from, to, protocol, toPort].join(' ');
    const { first, many, count } = dropSeverity[kind];
    const lately = rates.add(key, drop.time);
    const special = dropRules[drop.reason];
    if (special !== undefined && (data > 0 || lately < special.least)) return;
    raise({
      rule: special?.rule ?? `packets_${kind}`,
      severity: lately >= count ? many : first,
      title: special?.title ?? titles[kind],
      time: drop.time,
      key: lately >= count ? `${key} many` : key,
      facts: {
        class: kind,
        reason: drop.reason,
        location: drop.location,
        ...(from === undefined ? {} : { from, to: to ?? null, protocol: protocol ?? null }),
        ...(toPort === undefined ? {} : { from_port: fromPort ?? null, to_port: toPort }),
        namespace: drop.namespace,
        interface: drop.interface,
        lately,
      },
      benign: special?.benign ?? benign[kind],
      seenAt: 'skb:kfree_skb',
      pid: drop.socketInode === 0 ? undefined : owners.ownerOf(drop.socketInode),
    });
  };

  const names = createNameServerWatch(raise);
  let events: NetEvents | undefined;
  const missing: { rule: string; event: string; why: string }[] = [];
  try {
    events = openNetEvents(clock, { wants: isWorthALook, drop: onDrop, nameServer: names.onPacket });
    for (const why of events.missing) missing.push({ rule: 'drops', event: 'net', why });
    const unknown = unknownReasons(events.reasons);
    if (unknown.length > 0)
      missing.push({
        rule: 'drop_reasons',
        event: 'skb:kfree_skb',
        why: `reasons of no known class: ${unknown.join(', ')}`,
      });
  } catch (thrown) {
    missing.push({ rule: 'drops', event: 'net', why: thrown instanceof Error ? thrown.message : String(thrown) });
  }
  const sockets = startSocketWatch({ tap, raise, keep });
  const counters = startCounterWatch(clock, owners, raise);
  let unseenBefore = 0;
  const sweep = () => {
    counters.look();
    // An answer that waits in the ring is one.
    const now = clock.now();
    events?.drain();
    const unseenOfNames = events?.unseenOfNames() ?? 0;
    if (unseenOfNames > unseenBefore) names.forget();
    unseenBefore = unseenOfNames;
    names.sweep(now);
    return 0;
  };
  const sweeping = askPaced(sweep, SWEEP_PACE);
  return {
    missing: [...missing, ...sockets.missing],
    unseen: () => {
      const drops = events?.unseen() ?? 0;
      return new Map([...sockets.unseen(), ...(drops > 0 ? [['drops', drops] as const] : [])]);
    },
    stop: async () => {
      sweeping.stop();
      sockets.stop();
      await events?.stop();
    },
  };
};
