// Disks for the guest: a file system made of a folder, and one on which it leaves what it has made.
import { closeSync, ftruncateSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, run } from './command.ts';

const MIB = 1 << 20;

const bytesBelow = (folder: string): number =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + Math.ceil(statSync(join(entry.parentPath, entry.name)).size / 4096) * 4096, 0);

/** Makes `path` a disk of an ext4 file system with the contents of `folder` and `free` bytes to spare. */
export const makeDisk = (path: string, folder: string, free = 8 * MIB): void => {
  const size = Math.ceil((bytesBelow(folder) * 1.15 + free) / MIB) + 16;
  rmSync(path, { force: true });
  mustRun('mke2fs', ['-q', '-t', 'ext4', '-E', 'root_owner=0:0', '-m', '0', '-d', folder, path, `${size}M`]);
};

/** Makes `path` a disk of zeros. */
export const makeEmptyDisk = (path: string, bytes: number): void => {
  const fd = openSync(path, 'w');
  ftruncateSync(fd, bytes);
  closeSync(fd);
};

/** Unpacks the archive that a guest wrote over a disk into a folder. False where it wrote none. */
export const readArchive = (path: string, folder: string): boolean => {
  mkdirSync(folder, { recursive: true });
  return run('tar', ['-C', folder, '-xf', path]).code === 0 && readdirSync(folder).length > 0;
};
