// Which file is this mapping, and by which path can we open it? The path in a process's maps is the process's own view:
// in a container it names nothing of ours, or something else, and a file may have been replaced since.
// Must not know which libraries are of interest.

import { type BigIntStats, statSync } from 'node:fs';
import type { Mapping } from './maps.ts';

/**
 * A file as we can open it. `key` is device and inode as stat shows them ("254:0:339380"), the same for every path to
 * the file. `displayPath` is the path that the process knows.
 */
export type OpenableFile = { key: string; openPath: string; displayPath: string; deleted: boolean };

type Identity = { device: string; inode: string };

const statOf = (path: string): BigIntStats | undefined => {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
};

// gnu_dev_major and gnu_dev_minor of glibc's sys/sysmacros.h.
const identityOf = ({ dev, ino }: BigIntStats): Identity => {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  return { device: `${major}:${minor}`, inode: ino.toString() };
};

const keyOf = ({ device, inode }: Identity): string => `${device}:${inode}`;

/** The key of the file that a path leads to now, or undefined where there is no such regular file. */
export const keyOfPath = (path: string): string | undefined => {
  const stat = statOf(path);
  return stat?.isFile() ? keyOf(identityOf(stat)) : undefined;
};

/** Changes when the file at a path is written anew, even if it keeps its inode. */
export const versionOfPath = (path: string): string => {
  const stat = statOf(path);
  return stat ? `${stat.size}@${stat.mtimeNs}` : 'gone';
};

const mappedIdentity = ({ device, inode }: Mapping): Identity => ({
  device: device
    .split(':')
    .map((part) => parseInt(part, 16))
    .join(':'),
  inode,
});

/**
 * How to open the file behind a mapping of process `pid`: by its plain path where that is the very file, else through the
 * process's root, else (deleted, replaced, or a file system whose maps show another device than stat, such as btrfs)
 * through /proc/PID/map_files. Undefined when none leads there: the process is gone or we lack the permission.
 */
export const openableFile = (pid: number, mapping: Mapping & { path: string }): OpenableFile | undefined => {
  const paths = [mapping.path, `/proc/${pid}/root${mapping.path}`];
  const reach = (wanted: string): OpenableFile | undefined => {
    const openPath = paths.find((path) => keyOfPath(path) === wanted);
    return openPath === undefined
      ? undefined
      : { key: wanted, openPath, displayPath: mapping.path, deleted: mapping.deleted };
  };
  const byMaps = reach(keyOf(mappedIdentity(mapping)));
  if (byMaps) return byMaps;
  const link = `/proc/${pid}/map_files/${mapping.start.toString(16)}-${mapping.end.toString(16)}`;
  const key = keyOfPath(link);
  if (key === undefined) return undefined;
  return reach(key) ?? { key, openPath: link, displayPath: mapping.path, deleted: mapping.deleted };
};
