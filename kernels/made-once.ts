// Folders of the cache that are made once for each version of what they are made of.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './command.ts';

/** A short name for some contents: lines of text, or files where a line is the path of one. */
export const keyOf = (lines: readonly string[], files: readonly string[] = []): string => {
  const hash = createHash('sha256').update(lines.join('\n'));
  for (const path of files) hash.update(readFileSync(path));
  return hash.digest('hex').slice(0, 12);
};

/** The folder NAME-KEY below `parent`: `make` fills a new one, which takes its place when it is complete. */
export const madeOnce = (parent: string, name: string, key: string, make: (folder: string) => void): string => {
  const folder = join(parent, `${name}-${key}`);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  try {
    make(unfinished);
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
};

/** Unpacks packages into a folder whose /bin, /lib and /sbin are links into /usr, as in a system of today. Runs none of their scripts. */
export const unpack = (packages: readonly string[], folder: string): void => {
  const script = `set -e
for name in bin sbin lib lib64; do mkdir -p "$0/usr/$name"; ln -sfn "usr/$name" "$0/$name"; done
for package; do dpkg-deb --fsys-tarfile "$package" | tar -C "$0" --keep-directory-symlink --numeric-owner -xf -; done`;
  mustRun('bash', ['-o', 'pipefail', '-c', script, folder, ...packages]);
};
