// What the descriptors of a process lead to: pipes and sockets, by their numbers. Must not know what they are used for.
import { readdirSync, readlinkSync } from 'node:fs';

/** `pipe:[5]` or `socket:[5]` of each descriptor that is one. */
export type Descriptors = ReadonlyMap<number, string>;

const ONE = /^(?:pipe|socket):\[\d+\]$/;

/** Undefined when the process is gone or not ours to look into. */
export const descriptorsOf = (pid: number): Descriptors | undefined => {
  try {
    const found = new Map<number, string>();
    for (const name of readdirSync(`/proc/${pid}/fd`)) {
      try {
        const link = readlinkSync(`/proc/${pid}/fd/${name}`);
        if (ONE.test(link)) found.set(Number(name), link);
      } catch {
        // It was closed meanwhile.
      }
    }
    return found;
  } catch {
    return undefined;
  }
};

/** The number in `socket:[5]`; undefined for a pipe. */
export const socketInode = (link: string): number | undefined => {
  const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
  return inode === undefined ? undefined : Number(inode);
};

/**
 * Whether standard input and output lead to the parent: by pipes that the parent holds, too, or by socket pairs without a name
 * (which is what Node makes).
 */
export const leadsToParent = (
  own: Descriptors,
  parent: Descriptors | undefined,
  unnamed: ReadonlySet<number>,
): boolean => {
  const held = new Set(parent?.values());
  const leads = (fd: number): boolean => {
    const link = own.get(fd);
    if (link === undefined) return false;
    const inode = socketInode(link);
    return inode === undefined ? held.has(link) : unnamed.has(inode);
  };
  return leads(0) && leads(1);
};
