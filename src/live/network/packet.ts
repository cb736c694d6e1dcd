// Reads the headers of a packet, as far as they are there. Formats: RFC 791 (IPv4), RFC 8200 (IPv6), RFC 1035 (names).
import { address6 } from '../../base/internet-address.ts';

export type Headers = {
  readonly from?: string;
  readonly to?: string;
  /** 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6. */
  readonly protocol?: number;
  readonly fromPort?: number;
  readonly toPort?: number;
  /** Bytes of a TCP segment after its header. */
  readonly data?: number;
};

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const WITH_PORTS = new Set([6, 17]);
const IPV6_HEADER = 40;

const TCP = 6;
/** Of TCP's header, in whose upper half the length of it stands in words. */
const TCP_OFFSET = 12;

/** What comes after the header of the network, at `at`; `length`: bytes from there on, as that header says. */
const inner = (
  view: DataView,
  at: number,
  protocol: number,
  length: number,
): Pick<Headers, 'fromPort' | 'toPort' | 'data'> => {
  if (!WITH_PORTS.has(protocol) || view.byteLength < at + 4) return {};
  const hasLength = protocol === TCP && view.byteLength > at + TCP_OFFSET;
  return {
    fromPort: view.getUint16(at),
    toPort: view.getUint16(at + 2),
    ...(hasLength ? { data: length - (view.getUint8(at + TCP_OFFSET) >> 4) * 4 } : {}),
  };
};

/** The headers of a packet that begins with that of the network. `link`: the protocol that the link names. */
export const headersOf = (link: number, bytes: Uint8Array): Headers => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (link === IPV4 && bytes.length >= 20) {
    const protocol = view.getUint8(9);
    const length = (view.getUint8(0) & 15) * 4;
    return {
      from: bytes.subarray(12, 16).join('.'),
      to: bytes.subarray(16, 20).join('.'),
      protocol,
      ...inner(view, length, protocol, view.getUint16(2) - length),
    };
  }
  if (link === IPV6 && bytes.length >= IPV6_HEADER) {
    const protocol = view.getUint8(6);
    const rest = inner(view, IPV6_HEADER, protocol, view.getUint16(4));
    return { from: address6(view, 8), to: address6(view, 24), protocol, ...rest };
  }
  return {};
};

export type NameServerMessage = {
  readonly id: number;
  readonly isReply: boolean;
  /** 0 no error, 2 SERVFAIL, 3 NXDOMAIN. */
  readonly code: number;
  readonly name: string;
};

const UDP_END = 28;

/** The message to or from a name server in a packet of IPv4 without options and UDP; undefined when there is none. */
export const nameServerMessage = (bytes: Uint8Array): NameServerMessage | undefined => {
  if (bytes.length < UDP_END + 12) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint16(UDP_END + 2);
  const labels: string[] = [];
  for (let at = UDP_END + 12; at < bytes.length; ) {
    const length = view.getUint8(at);
    if (length === 0 || length > 63 || at + 1 + length > bytes.length) break;
    labels.push(Buffer.from(bytes.subarray(at + 1, at + 1 + length)).toString('latin1'));
    at += 1 + length;
  }
  return { id: view.getUint16(UDP_END), isReply: (flags & 0x8000) !== 0, code: flags & 15, name: labels.join('.') };
};
