// The sockets of one network namespace, as /proc/PID/net/{tcp,tcp6,udp,udp6,unix} list them. Must not know whose they are.
// Formats: proc_pid_net(5); the numbers of states and types are those of the kernel's net/tcp_states.h and linux/net.h.

import { cleanText } from '../base/sanitize.ts';

/** One end of an internet socket. `key` is equal for equal addresses, an IPv4 address inside IPv6 included. */
export type Endpoint = { key: string; address: string; port: number };
/** A row. `inode` is 0 where no process has it open; `isPending`: a connection that its program has not accepted yet. */
export type InetSocket = {
  family: 'inet' | 'inet6';
  type: 'stream' | 'dgram';
  inode: number;
  local: Endpoint;
  remote: Endpoint;
  isListening: boolean;
  isPending: boolean;
};
/** `path` starts with `@` for an abstract name, and is undefined for a socket without a name. */
export type UnixSocket = {
  family: 'unix';
  type: 'stream' | 'dgram' | 'seqpacket';
  inode: number;
  path: string | undefined;
};

const LISTEN = '0A';
/** Established, and its handshake not quite over. */
const LIVING = ['01', '03'];
const MAX_PATH = 200;
const MAPPED = '0000000000000000FFFF0000';
const UNIX_TYPES = new Map<string, UnixSocket['type']>([
  ['0001', 'stream'],
  ['0002', 'dgram'],
  ['0005', 'seqpacket'],
]);

// Addresses are printed as 32-bit words in the order of this processor, which is little-endian.
const bytesOf = (hex: string): number[] =>
  (hex.match(/.{8}/g) ?? []).flatMap((word) => [6, 4, 2, 0].map((at) => parseInt(word.slice(at, at + 2), 16)));

const endpoint = (text: string): Endpoint => {
  const [printed = '', port = ''] = text.split(':');
  const isMapped = printed.length === 32 && printed.startsWith(MAPPED);
  const address = isMapped ? printed.slice(24) : printed;
  return { key: `${address}:${port}`, address, port: parseInt(port, 16) };
};

/** Whether an end is of no particular address: a listening socket's, or that of one which is not connected. */
export const isAnyAddress = ({ address }: Endpoint): boolean => /^0+$/.test(address);

/** Whether an end is on this host's own loopback, in this network namespace only. */
export const isLoopback = ({ address }: Endpoint): boolean =>
  address.length === 8 ? address.endsWith('7F') : address === '00000000000000000000000001000000';

/** "127.0.0.1:5000", "[::1]:80" (in the form of RFC 5952); undefined for the far end of a socket that has none. */
export const endpointText = (end: Endpoint): string | undefined => {
  if (isAnyAddress(end) && end.port === 0) return undefined;
  const bytes = bytesOf(end.address);
  if (end.address.length === 8) return `${bytes.join('.')}:${end.port}`;
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((bytes[i * 2] ?? 0) * 256 + (bytes[i * 2 + 1] ?? 0)).toString(16),
  );
  return `${new URL(`http://[${groups.join(':')}]/`).hostname}:${end.port}`;
};

const INET_ROW =
  /^ *\d+: ([0-9A-F]{8}(?:[0-9A-F]{24})?:[0-9A-F]{4}) ([0-9A-F]{8}(?:[0-9A-F]{24})?:[0-9A-F]{4}) ([0-9A-F]{2}) \S+ \S+ \S+ +\d+ +\d+ (\d+) /;

/** The rows of a tcp or udp file, of either family. Lines that do not parse are left out. */
export const parseInet = (text: string, family: InetSocket['family'], type: InetSocket['type']): InetSocket[] =>
  text.split('\n').flatMap((line) => {
    const match = INET_ROW.exec(line);
    if (!match) return [];
    const [, local = '', remote = '', state = '', printed] = match;
    const inode = Number(printed);
    const isListening = type === 'stream' && state === LISTEN;
    const isPending = type === 'stream' && inode === 0 && LIVING.includes(state);
    return [{ family, type, inode, local: endpoint(local), remote: endpoint(remote), isListening, isPending }];
  });

const UNIX_ROW = /^[0-9a-f]+: [0-9A-F]{8} [0-9A-F]{8} [0-9A-F]{8} (\d{4}) [0-9A-F]{2} +(\d+)(?: (.*))?$/;

/** The rows of a unix file. A path with a line break in it is cut there: the kernel prints it as it is. */
export const parseUnix = (text: string): UnixSocket[] =>
  text.split('\n').flatMap((line) => {
    const match = UNIX_ROW.exec(line);
    const type = UNIX_TYPES.get(match?.[1] ?? '');
    if (!match || !type) return [];
    const path = match[3] === undefined || match[3] === '' ? undefined : cleanText(match[3], MAX_PATH);
    return [{ family: 'unix', type, inode: Number(match[2]), path }];
  });
