// What the kernel side of the network watch tells: packets that were dropped and why, questions to name servers and answers.
// Layouts are those of bpf/net.bpf.c.
import { randomInt } from 'node:crypto';
import { readAbilities } from '../abilities.ts';
import { type Clock, sinceStart } from '../clock.ts';
import { readDropReasons } from '../drop-reasons.ts';
import { type BpfLink, errno, errnoName, loadLibbpf, loadSystem } from '../libbpf.ts';
import { loadKernel } from '../load.ts';
import { mapRing } from '../ring.ts';
import { createKernelSymbols } from '../symbols/kernel-symbols.ts';
import { errors } from './errors.ts';
import { askPaced } from './paced.ts';

const RING_BYTES = 1 << 20;
const REASONS = 512;
/** Nobody waits for a packet: what is timed carries its own time. */
const PACE = { least: 100, most: 500 } as const;
const DROP = 1;
const QUERY = 2;
/** Places in the kernel's count of what was left out: drops, questions to name servers, answers of them. */
const NAME_SERVER_KINDS = [1, 2] as const;
const KINDS = [0, ...NAME_SERVER_KINDS] as const;
const AT = {
  kind: 0,
  namespace: 4,
  time: 8,
  location: 16,
  socket: 24,
  reason: 32,
  length: 36,
  interface: 40,
  pid: 44,
  protocol: 48,
  copied: 50,
  bytes: 56,
} as const;
const MOST_BYTES = 128;

type Packet = {
  readonly time: number;
  /** Inode of the network namespace, 0 when it is not known. */
  readonly namespace: number;
  readonly interface: number;
  readonly length: number;
  /** Of the link: 0x0800 is IPv4, 0x86dd IPv6. */
  readonly protocol: number;
  /** From the beginning of the network's header on; may be empty. */
  readonly bytes: Uint8Array;
};
export type Drop = Packet & {
  readonly reason: string;
  /** Function of the kernel that dropped it; empty when it has no name. */
  readonly location: string;
  /** Inode of the socket it belonged to, 0 when to none. */
  readonly socketInode: number;
};
export type NameServerPacket = Packet & {
  readonly isQuestion: boolean;
  /** Of whoever sent it; 0 of what was received or passed on: whoever runs then has nothing to do with it. */
  readonly pid: number;
};

export type NetEvents = {
  /** Why this kernel drops packets, by its own names. */
  readonly reasons: readonly string[];
  readonly missing: readonly string[];
  /** Packets that were counted but not looked at, and events that found no room. */
  readonly unseen: () => number;
  /** Of these, questions to name servers and answers. */
  readonly unseenOfNames: () => number;
  /** Hands over what waits now. */
  readonly drain: () => void;
  readonly stop: () => Promise<void>;
};

/** Starts. `wants`: whether drops of a reason are looked at one by one. Throws a UserError when this machine or user cannot. */
export const openNetEvents = (
  clock: Clock,
  on: {
    readonly wants: (reason: string) => boolean;
    readonly drop: (drop: Drop) => void;
    readonly nameServer: (packet: NameServerPacket) => void;
  },
): NetEvents => {
  const bpf = loadLibbpf();
  const system = loadSystem();
  const kernel = loadKernel(bpf, { abilities: readAbilities(), sizes: {}, names: ['net'] });
  const ring = mapRing(system, kernel.map('net_events'), RING_BYTES);
  if (ring === undefined) kernel.close();
  if (ring === undefined) throw errors.refused({ event: 'the ring', why: 'its memory could not be mapped' });
  const reasons = readDropReasons(system);
  const symbols = createKernelSymbols();
  // They are read now: later this program may have no right to see the kernel's addresses, and no time.
  symbols.find(0, 0);
  const key = (index: number) => new Uint8Array(Uint32Array.of(index).buffer);
  bpf.update(kernel.map('fair_seed'), key(0), new Uint8Array(Uint32Array.of(randomInt(2 ** 32)).buffer), 0);
  for (let reason = 0; reason < REASONS; reason++) {
    const name = reasons.get(reason);
    if (name !== undefined && on.wants(name)) bpf.update(kernel.map('wanted_drops'), key(reason), Uint8Array.of(1), 0);
  }

  const drain = () =>
    ring.drain((words, at) => {
      const bytes = new Uint8Array(words.buffer, words.byteOffset + at * 4, AT.bytes + MOST_BYTES);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const packet: Packet = {
        time: sinceStart(clock, view.getUint32(AT.time, true), view.getUint32(AT.time + 4, true)),
        namespace: view.getUint32(AT.namespace, true),
        interface: view.getUint32(AT.interface, true),
        length: view.getUint32(AT.length, true),
        protocol: view.getUint16(AT.protocol, true),
        bytes: bytes.slice(AT.bytes, AT.bytes + view.getUint16(AT.copied, true)),
      };
      const kind = view.getUint32(AT.kind, true);
      const reason = view.getUint32(AT.reason, true);
      if (kind !== DROP) {
        const isSent = reason === 1;
        on.nameServer({ ...packet, isQuestion: kind === QUERY, pid: isSent ? view.getUint32(AT.pid, true) : 0 });
        return;
      }
      const symbol = symbols.find(view.getUint32(AT.location + 4, true), view.getUint32(AT.location, true));
      on.drop({
        ...packet,
        reason: reasons.get(reason) ?? String(reason),
        location: symbol?.name ?? '',
        socketInode: Number(view.getBigUint64(AT.socket, true)),
      });
    }, Number.POSITIVE_INFINITY);

  const links: BpfLink[] = [];
  const missing: string[] = [];
  for (const [tracepoint, programs] of [
    // The kernel refuses a program that wants more arguments than there are.
    ['kfree_skb', ['on_net_drop_before', 'on_net_drop']],
    ['net_dev_queue', ['on_net_send']],
    ['netif_receive_skb', ['on_net_receive']],
  ] as const) {
    let link: BpfLink | null = null;
    for (const program of programs) link ??= bpf.attachRawTracepoint(kernel.program(program), tracepoint);
    if (link === null) missing.push(`${tracepoint}: ${errnoName(errno())}`);
    else links.push(link);
  }
  const asking = askPaced(drain, PACE);
  let unseenAtEnd: number | undefined;
  const unsentOf = (kinds: readonly number[]): number =>
    kinds.reduce((sum, index) => {
      const count = new BigUint64Array(1);
      bpf.lookup(kernel.map('net_unsent'), key(index), new Uint8Array(count.buffer));
      return sum + Number(count[0]);
    }, 0);
  const unseen = (): number => unseenAtEnd ?? unsentOf(KINDS);
  return {
    missing,
    reasons: [...reasons.values()],
    unseen,
    unseenOfNames: () => (unseenAtEnd === undefined ? unsentOf(NAME_SERVER_KINDS) : 0),
    drain,
    stop: async () => {
      asking.stop();
      await Promise.all(links.splice(0).map((link) => bpf.destroyLink(link)));
      drain();
      unseenAtEnd ??= unseen();
      ring.close();
      kernel.close();
    },
  };
};
