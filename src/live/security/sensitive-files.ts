// Finds the files that few should open, by what they are and not by their names: a link to one of them is the same file.
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { FileId } from '../../capture/live/looks.ts';

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

const expand = (pattern: string): string[] => {
  const folder = dirname(pattern);
  const name = basename(pattern);
  if (!name.includes('*')) return [pattern];
  const ending = name.slice(name.indexOf('*') + 1);
  return namesIn(folder)
    .filter((one) => one.endsWith(ending))
    .map((one) => `${folder}/${one}`);
};

/** Those of the patterns that are there; a `*` stands at the beginning of a name. */
export const sensitiveFiles = (patterns: readonly string[]): readonly FileId[] =>
  patterns.flatMap(expand).flatMap((path) => {
    try {
      const file = statSync(path);
      return file.isFile() ? [{ device: file.dev, inode: file.ino }] : [];
    } catch {
      return [];
    }
  });
