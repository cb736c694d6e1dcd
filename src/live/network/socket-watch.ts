// What happens to connections: segments that are sent again, resets, connections that fail, datagrams that find no room.
import type { LiveEvent } from '../../capture/live/decode.ts';
import type { Tap } from '../../capture/live/tap.ts';
import { tapEach } from '../tap-each.ts';
import type { WatchParts } from '../watch-parts.ts';
import { type Caller, createCallers } from './callers.ts';
import { createRates } from './rates.ts';
import type { NetworkRule } from './rule-names.ts';
import type { NetworkFinding } from './watch.ts';

const RATE = 2000;
const WHILE_NS = 10e9;
/** Segments of one connection sent again within the while, before that is told; first segments at once. */
const RETRANSMITS = 3;

// asm-generic/errno.h
const FAILURES: Readonly<Record<number, readonly [rule: NetworkRule, title: string]>> = {
  111: ['connect_refused', 'nobody listens at the port that was asked for'],
  110: ['connect_timed_out', 'the other side did not answer'],
  113: ['host_unreachable', 'the other host cannot be reached'],
  101: ['network_unreachable', "there is no way to the other host's network"],
  104: ['connection_reset', 'the other side reset a connection'],
};

type Judge = (
  event: LiveEvent,
  socket?: string,
) => (Omit<NetworkFinding, 'time' | 'key' | 'benign'> & { readonly key: string }) | undefined;
type Watched = {
  readonly expression: string;
  readonly benign: string;
  /** What tells its sources apart where it is seen in interrupts: whoever runs then has nothing to do with it. */
  readonly shareBy?: readonly string[];
  readonly judge: Judge;
};
const PEER = ['daddr', 'daddr_v6', 'dport'] as const;

const end = (values: LiveEvent['values'], address: string, port: string): string =>
  `${values.family === 'AF_INET6' ? `[${values[`${address}_v6`] ?? ''}]` : (values[address] ?? '')}:${values[port] ?? ''}`;
const pair = ({ values }: LiveEvent): { readonly from: string; readonly to: string } => ({
  from: end(values, 'saddr', 'sport'),
  to: end(values, 'daddr', 'dport'),
});

/** Of a connection that may be of several: which of them has most connections there. */
const mayBe = ({ comm, pid, count }: Caller & { readonly count: number }, others: number): NetworkFinding['facts'] => ({
  may_be_of: `${comm} (${pid})`,
  of_its_connections: count,
  or_of_others: others,
});

/** Ports of the asking side are drawn anew for each connection. */
const withoutPort = (address: string): string => address.replace(/:\d+$/, '');

const watchedBy = (): readonly Watched[] => {
  const rates = createRates(WHILE_NS);
  const callers = createCallers();
  const isNumber = (value: unknown): value is number => typeof value === 'number';
  return [
    {
      expression: 'sock:inet_sock_set_state where newstate == TCP_SYN_SENT or newstate == TCP_CLOSE',
      benign: '',
      judge: (event, socket) => {
        const { pid, comm, values, time } = event;
        // The port of this side is chosen after that.
        if (values.newstate === 'TCP_SYN_SENT')
          callers.begin(socket, end(values, 'daddr', 'dport'), { pid, comm }, time);
        else if (socket !== undefined) callers.end(socket, time, pair(event));
        return undefined;
      },
    },
    {
      expression: 'tcp:tcp_retransmit_skb',
      shareBy: PEER,
      benign: 'a few segments are lost on every network',
      judge: (event, socket) => {
        const { from, to } = pair(event);
        const isFirst = event.values.state === 'TCP_SYN_SENT' || event.values.state === 'TCP_NEW_SYN_RECV';
        const lately = rates.add(`${from} ${to}`, event.time);
        if (lately < (isFirst ? 1 : RETRANSMITS)) return undefined;
        return {
          rule: isFirst ? 'connect_unanswered' : 'retransmissions',
          severity: isFirst ? 'medium' : lately >= 10 ? 'medium' : 'low',
          title: isFirst
            ? 'the other side does not answer the first segment of a connection'
            : 'segments of a connection are sent again',
          key: `${withoutPort(from)} ${to} ${isFirst}${lately >= 10 ? ' many' : ''}`,
          facts: { from, to, state: event.values.state ?? null, lately },
          ...callers.of(socket, to, event.time),
        };
      },
    },
    {
      expression: 'sock:inet_sk_error_report',
      shareBy: PEER,
      benign: 'a service that is being restarted looks so',
      judge: (event) => {
        const { error } = event.values;
        const [rule, title] = (isNumber(error) ? FAILURES[Math.abs(error)] : undefined) ?? [];
        if (rule === undefined || title === undefined) return undefined;
        const ends = pair(event);
        const { from, to } = ends;
        const caller = callers.of(undefined, to, event.time, ends);
        const [first, ...others] = caller === undefined ? callers.among(ends, event.time) : [];
        const among = first === undefined ? {} : mayBe(first, others.length);
        return {
          rule,
          severity: rule === 'connect_refused' || rule === 'connection_reset' ? 'low' : 'medium',
          title,
          key: `${to} ${caller?.pid ?? 0}`,
          facts: { from, to, error: isNumber(error) ? error : null, ...among },
          ...caller,
        };
      },
    },
    {
      expression: 'tcp:tcp_send_reset',
      shareBy: PEER,
      benign: 'connections to ports where nobody listens are refused so; programs that close with unread data do so',
      judge: ({ values }) => ({
        rule: 'reset_sent',
        severity: 'info',
        title: 'this host reset a connection',
        key: `${withoutPort(String(values.daddr))} ${values.reason}`,
        facts: {
          from: String(values.saddr),
          to: String(values.daddr),
          reason: String(values.reason),
          state: String(values.state),
        },
      }),
    },
    {
      expression: 'tcp:tcp_receive_reset',
      shareBy: PEER,
      benign: 'a service that is being restarted looks so',
      judge: (event, socket) => {
        const { from, to } = pair(event);
        return {
          rule: 'reset_received',
          severity: 'info',
          title: 'the other side reset a connection',
          key: to,
          facts: { from, to },
          ...callers.of(socket, to, event.time),
        };
      },
    },
    {
      expression: 'udp:udp_fail_queue_rcv_skb',
      shareBy: ['dport'],
      benign: 'a burst of datagrams does so',
      judge: ({ values, time }) => {
        const port = String(values.dport);
        const lately = rates.add(`udp ${port}`, time);
        return {
          rule: 'receive_buffer_full',
          severity: lately >= 100 ? 'high' : 'medium',
          title: 'datagrams were lost: the program that receives them reads too slowly',
          key: `${port}${lately >= 100 ? ' many' : ''}`,
          facts: { port, from: String(values.saddr), lately },
        };
      },
    },
  ];
};

/** Starts watching sockets. */
export const startSocketWatch = ({
  tap,
  raise,
  keep,
}: { readonly tap: Tap; readonly raise: (finding: NetworkFinding) => void } & Pick<WatchParts, 'keep'>) => {
  const wanted = watchedBy().map(({ expression, benign, shareBy = [], judge }) => {
    const onEvent = (event: LiveEvent, name: string, socket?: string) => {
      const found = judge(event, socket);
      if (found === undefined) return;
      const row = keep(event, name);
      raise({ ...found, time: event.time, benign, evidence: row === undefined ? [] : [row] });
    };
    return { rule: 'sockets', expression, shareBy, onEvent };
  });
  return tapEach(tap, wanted, { rate: RATE, wake: false });
};
