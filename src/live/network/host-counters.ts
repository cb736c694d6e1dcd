// What the network of this host has counted since the watch began: the figures against which losses are judged.
import { readFileSync } from 'node:fs';
import { type Counters, parseCounters } from './counters.ts';

const FILES = ['/proc/net/snmp', '/proc/net/netstat'];
/** Name in an answer -> the kernel's counter. */
const SHOWN = {
  tcp_segments_sent: 'Tcp.OutSegs',
  tcp_segments_sent_again: 'Tcp.RetransSegs',
  tcp_connections_tried: 'Tcp.ActiveOpens',
  tcp_connections_failed: 'Tcp.AttemptFails',
  tcp_resets_sent: 'Tcp.OutRsts',
  tcp_bad_checksums: 'Tcp.InCsumErrors',
  listen_overflows: 'TcpExt.ListenOverflows',
  udp_datagrams_received: 'Udp.InDatagrams',
  udp_receive_buffer_full: 'Udp.RcvbufErrors',
  udp_no_port: 'Udp.NoPorts',
  ip_no_route: 'Ip.OutNoRoutes',
} as const;

const read = (): Counters =>
  new Map(
    FILES.flatMap((file) => {
      try {
        return [...parseCounters(readFileSync(file, 'utf8'))];
      } catch {
        return [];
      }
    }),
  );

/** Begins counting; the function tells what came since. */
export const startHostCounters = (): (() => Readonly<Record<string, number>>) => {
  const start = read();
  return () => {
    const now = read();
    return Object.fromEntries(
      Object.entries(SHOWN).map(([name, counter]) => [name, (now.get(counter) ?? 0) - (start.get(counter) ?? 0)]),
    );
  };
};
