// Finds the guarded files and folders that are there, by what they are and not by their names: a link to one is the same file.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname } from 'node:path';
import type { Guarded } from '../../capture/live/guard.ts';
import type { Place } from './places.ts';

/** Folders below a guarded one: enough for logs of many services. */
const MOST_FOLDERS = 256;
const DEEPEST = 4;
/** Users of people, and root: login.defs(5), UID_MIN. */
const FIRST_USER = 1000;
const NOBODY = 65_534;

/** A place as it was found; the place says why it is guarded. */
export type FoundPlace = Guarded & { readonly place: Place };

const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    // Not there, or not ours to read.
    return undefined;
  }
};

/** Homes of root, of people, and of whoever watches. */
export const homes = (users = attempt(() => readFileSync('/etc/passwd', 'utf8')) ?? ''): readonly string[] => {
  const found = users.split('\n').flatMap((line) => {
    const [, , uid, , , home] = line.split(':');
    const number = Number(uid);
    const isPerson = number === 0 || (number >= FIRST_USER && number !== NOBODY);
    return home?.startsWith('/') && home !== '/' && isPerson ? [home] : [];
  });
  return [...new Set([homedir(), ...found])];
};

const foldersBelow = (folder: string, depth = 0): string[] =>
  depth >= DEEPEST
    ? [folder]
    : [
        folder,
        ...(attempt(() => readdirSync(folder, { withFileTypes: true })) ?? [])
          .filter((entry) => entry.isDirectory())
          .flatMap((entry) => foldersBelow(`${folder}/${entry.name}`, depth + 1)),
      ].slice(0, MOST_FOLDERS);

const expand = (path: string): readonly string[] => {
  if (path.endsWith('/**')) return foldersBelow(path.slice(0, -3));
  if (path.endsWith('/')) return [path.slice(0, -1)];
  const name = basename(path);
  const star = name.indexOf('*');
  if (star < 0) return [path];
  const folder = dirname(path);
  return (attempt(() => readdirSync(folder)) ?? [])
    .filter((one) => one.startsWith(name.slice(0, star)) && one.endsWith(name.slice(star + 1)) && !one.endsWith('.pub'))
    .map((one) => `${folder}/${one}`);
};

/** Those of the places that are there. */
export const findPlaces = (places: readonly Place[], users: readonly string[] = homes()): readonly FoundPlace[] =>
  places.flatMap((place) => {
    const paths = place.path.startsWith('~') ? users.map((home) => home + place.path.slice(1)) : [place.path];
    return paths.flatMap(expand).flatMap((path) => {
      const file = attempt(() => statSync(path));
      if (file === undefined || !(file.isFile() || file.isDirectory())) return [];
      return [{ path, isFolder: file.isDirectory(), device: file.dev, inode: file.ino, as: place.as, place }];
    });
  });
