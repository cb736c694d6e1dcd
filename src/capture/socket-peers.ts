// What is this socket of that process, and who is at its other end? Asked with a process, whose network namespace counts,
// and a socket's inode number. Must not know why it is asked.
// The peer of a UNIX socket is in no file of /proc: it stays undefined.

import { readlinkSync } from 'node:fs';
import { UserError } from '../base/errors.ts';
import { cleanText } from '../base/sanitize.ts';
import { readProcText } from './process-info.ts';
import { createSocketOwners } from './socket-owners.ts';
import {
  type Endpoint,
  endpointText,
  type InetSocket,
  isAnyAddress,
  isLoopback,
  parseInet,
  parseUnix,
  type UnixSocket,
} from './socket-table.ts';

/**
 * A socket. `local` and `remote`: "127.0.0.1:5000", "[::1]:80", "unix:/path", "unix:@abstract", undefined where it has none.
 * `peer`: the process at the other end, where that is on this host and could be found.
 */
export type SocketDescription = {
  family: 'inet' | 'inet6' | 'unix';
  type: 'stream' | 'dgram' | 'seqpacket';
  local: string | undefined;
  remote: string | undefined;
  peer: { pid: number; comm: string } | undefined;
};

/** Holds no descriptors. */
export type SocketPeers = {
  /** Undefined when the process is gone or not ours to look into, or has no such socket. Never throws. */
  describe: (pid: number, inode: number) => SocketDescription | undefined;
};

type Table = {
  readAt: number;
  byInode: Map<number, InetSocket | UnixSocket>;
  /** By type, near and far end (none for a listening socket); `several` where more than one process shares an address. */
  byEnds: Map<string, InetSocket | 'several'>;
};

/** A socket that is not in the table may be newer than it; reading one of 10,000 sockets takes some 20 ms. */
const TABLE_MS = 100;
const MAX_TABLES = 1000;
const NO_END = '';

const tryRead = (pid: number, file: string): string | undefined => {
  try {
    return readProcText(pid, file);
  } catch (thrown) {
    if (thrown instanceof UserError) return undefined;
    throw thrown;
  }
};
const namespaceOf = (pid: number): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
};

const endsKey = (type: string, local: Endpoint, remote: Endpoint | undefined): string =>
  `${type} ${local.key} ${remote === undefined ? NO_END : remote.key}`;
const hasFarEnd = ({ remote }: InetSocket): boolean => !(isAnyAddress(remote) && remote.port === 0);

const readTable = (pid: number, readAt: number): Table | undefined => {
  const tcp = tryRead(pid, 'net/tcp');
  if (tcp === undefined) return undefined;
  const inet = [
    ...parseInet(tcp, 'inet', 'stream'),
    ...parseInet(tryRead(pid, 'net/tcp6') ?? '', 'inet6', 'stream'),
    ...parseInet(tryRead(pid, 'net/udp') ?? '', 'inet', 'dgram'),
    ...parseInet(tryRead(pid, 'net/udp6') ?? '', 'inet6', 'dgram'),
  ];
  const named = [...inet, ...parseUnix(tryRead(pid, 'net/unix') ?? '')];
  const byEnds: Table['byEnds'] = new Map();
  for (const socket of inet) {
    const key = endsKey(socket.type, socket.local, hasFarEnd(socket) ? socket.remote : undefined);
    byEnds.set(key, byEnds.has(key) ? 'several' : socket);
  }
  return {
    readAt,
    byInode: new Map(named.filter(({ inode }) => inode !== 0).map((socket) => [socket.inode, socket] as const)),
    byEnds,
  };
};

/** `scanEveryMs`: the least time between two looks at the descriptors of all processes; `now` in milliseconds. */
export const createSocketPeers = ({
  scanEveryMs = 1000,
  now = () => performance.now(),
}: {
  scanEveryMs?: number;
  now?: () => number;
} = {}): SocketPeers => {
  const tables = new Map<string, Table>();
  const owners = createSocketOwners({ scanEveryMs, now });

  const tableOf = (pid: number, maxAge: number): Table | undefined => {
    const namespace = namespaceOf(pid);
    if (namespace === undefined) return undefined;
    const known = tables.get(namespace);
    if (known && now() - known.readAt <= maxAge) return known;
    const fresh = readTable(pid, now());
    if (tables.size >= MAX_TABLES) tables.clear();
    if (fresh) tables.set(namespace, fresh);
    return fresh;
  };

  /** The socket at the far end in this network namespace. */
  const oppositeIn = ({ byEnds }: Table, { type, local, remote }: InetSocket): InetSocket | undefined => {
    const connected = byEnds.get(endsKey(type, remote, local));
    if (connected === 'several') return undefined;
    if (connected && !connected.isPending) return connected;
    // What its program has not accepted yet is the listening program's. A datagram goes to whoever has that port, if the
    // address is this host's at all.
    const isHere = isLoopback(remote) || remote.address === local.address;
    if (!connected && (type === 'stream' || !isHere)) return undefined;
    const zeroes = remote.address.length === 8 ? [8, 32] : [32];
    const anyAddress = zeroes.map((length) => {
      const address = '0'.repeat(length);
      return { ...remote, address, key: remote.key.replace(/^[^:]*/, address) };
    });
    const taker = [remote, ...anyAddress]
      .map((end) => byEnds.get(endsKey(type, end, undefined)))
      .find((socket) => socket !== undefined);
    return taker === 'several' ? undefined : taker;
  };

  /** The one socket at the far end in the other namespaces of this host; undefined where there is none, or several. */
  const oppositeElsewhere = ({ type, local, remote }: InetSocket, own: Table): InetSocket | undefined => {
    const found = owners.namespacePids().flatMap((pid) => {
      const table = tableOf(pid, scanEveryMs);
      const other = table && table !== own ? table.byEnds.get(endsKey(type, remote, local)) : undefined;
      return other && other !== 'several' ? [other] : [];
    });
    return found.length === 1 ? found[0] : undefined;
  };

  const peerOf = (socket: InetSocket, table: Table): SocketDescription['peer'] => {
    if (socket.isListening || !hasFarEnd(socket)) return undefined;
    const isNear = isLoopback(socket.remote) || isLoopback(socket.local);
    const opposite = oppositeIn(table, socket) ?? (isNear ? undefined : oppositeElsewhere(socket, table));
    const pid = opposite && owners.ownerOf(opposite.inode);
    const comm = pid === undefined ? undefined : tryRead(pid, 'comm');
    return pid === undefined || comm === undefined ? undefined : { pid, comm: cleanText(comm.trimEnd(), 64) };
  };

  return {
    describe: (pid, inode) => {
      let table = tableOf(pid, scanEveryMs);
      if (table && !table.byInode.has(inode)) table = tableOf(pid, TABLE_MS);
      const socket = table?.byInode.get(inode);
      if (!table || !socket) return undefined;
      const { family, type } = socket;
      if (socket.family === 'unix') {
        const local = socket.path === undefined ? undefined : `unix:${socket.path}`;
        return { family, type, local, remote: undefined, peer: undefined };
      }
      const [local, remote] = [endpointText(socket.local), endpointText(socket.remote)];
      return { family, type, local, remote, peer: peerOf(socket, table) };
    },
  };
};
