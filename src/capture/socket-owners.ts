// Which process has a socket open? Found by reading every descriptor of every process, so only when asked, and seldom.
// Must not know what the sockets are.

import { readdirSync, readlinkSync } from 'node:fs';
import { allPids, startTicksOf } from './process-info.ts';

type Holder = { pid: number; link: string };

/** Answers from the last scan where that still holds; else scans anew, unless the last scan was a moment ago. */
export type SocketOwners = {
  /**
   * The process that has the socket with this inode open; of several, the one that started first (the others are mostly
   * children that inherited it). Undefined when none is found, also when it is too early for another scan.
   */
  ownerOf: (inode: number) => number | undefined;
  /** One process of each network namespace, from a look at all processes that is no older than the time between scans. */
  namespacePids: () => number[];
  /** The same by the name of each namespace, such as `net:[4026531840]`. */
  networkNamespaces: () => ReadonlyMap<string, number>;
  /** How many scans there were. */
  scans: () => number;
};

const SOCKET = /^socket:\[(\d+)\]$/;

const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    // Gone, or not ours to look into.
    return undefined;
  }
};

/**
 * `scanEveryMs`: the least time between two scans; `namespacesEveryMs`: between two looks at namespaces. `now` gives milliseconds
 * from any start.
 */
export const createSocketOwners = ({
  scanEveryMs = 1000,
  namespacesEveryMs = scanEveryMs,
  now = () => performance.now(),
}: {
  scanEveryMs?: number;
  namespacesEveryMs?: number;
  now?: () => number;
} = {}): SocketOwners => {
  let holders = new Map<number, Holder[]>();
  let namespaces = new Map<string, number>();
  let scannedAt = Number.NEGATIVE_INFINITY;
  let namespacesReadAt = Number.NEGATIVE_INFINITY;
  let scans = 0;

  const scan = (): void => {
    holders = new Map();
    scans++;
    for (const pid of allPids()) {
      for (const name of attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? []) {
        const link = `/proc/${pid}/fd/${name}`;
        const match = SOCKET.exec(attempt(() => readlinkSync(link)) ?? '');
        if (!match) continue;
        const known = holders.get(Number(match[1]));
        if (!known) holders.set(Number(match[1]), [{ pid, link }]);
        else if (known.at(-1)?.pid !== pid) known.push({ pid, link });
      }
    }
    // From its end: a scan that takes long must not be followed by the next at once.
    scannedAt = now();
  };
  const readNamespaces = (): void => {
    namespaces = new Map();
    for (const pid of allPids()) {
      const namespace = attempt(() => readlinkSync(`/proc/${pid}/ns/net`));
      if (namespace !== undefined && !namespaces.has(namespace)) namespaces.set(namespace, pid);
    }
    namespacesReadAt = now();
  };
  const currentNamespaces = (): ReadonlyMap<string, number> => {
    if (now() - namespacesReadAt >= namespacesEveryMs) readNamespaces();
    return namespaces;
  };
  const scanAgain = (): boolean => {
    if (now() - scannedAt < scanEveryMs) return false;
    scan();
    return true;
  };

  const known = (inode: number): number | undefined => {
    const still = (holders.get(inode) ?? []).filter(
      ({ link }) => attempt(() => readlinkSync(link)) === `socket:[${inode}]`,
    );
    if (still.length < 2) return still[0]?.pid;
    const started = still.map(({ pid }) => ({
      pid,
      ticks: attempt(() => startTicksOf(pid)) ?? Number.POSITIVE_INFINITY,
    }));
    return started.sort((a, b) => a.ticks - b.ticks || a.pid - b.pid)[0]?.pid;
  };

  return {
    ownerOf: (inode) => {
      if (inode === 0) return undefined;
      return known(inode) ?? (scanAgain() ? known(inode) : undefined);
    },
    namespacePids: () => [...currentNamespaces().values()],
    networkNamespaces: currentNamespaces,
    scans: () => scans,
  };
};
