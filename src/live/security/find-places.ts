// Finds the guarded files and folders that are there. The places of the system are root's, and a link there is what it leads to;
// what lies in a home is its user's, who may not choose what else is guarded: no link is followed, nothing of others is taken.
import { lstatSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname } from 'node:path';
import type { Guarded } from '../../capture/live/guard.ts';
import type { Place } from './places.ts';

/** Folders below a guarded one: enough for logs of many services. */
const MOST_FOLDERS = 256;
const DEEPEST = 4;
/** Files of one kind in one folder. */
const MOST_FILES = 64;
/** Users of people, and root: login.defs(5), UID_MIN. */
const FIRST_USER = 1000;
const NOBODY = 65_534;

/** A place as it was found; the place says why it is guarded. */
export type FoundPlace = Guarded & { readonly place: Place };
/** A home, and the user to whom what lies in it should belong. */
export type Home = { readonly path: string; readonly uid: number };
export type Found = {
  readonly found: readonly FoundPlace[];
  /** What is there but is not guarded, each with why, once for each place and home. */
  readonly cut: readonly string[];
};

const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    // Not there, or not ours to read.
    return undefined;
  }
};

/** Homes of root, of people, and of whoever watches, each once. */
export const homes = (users = attempt(() => readFileSync('/etc/passwd', 'utf8')) ?? ''): readonly Home[] => {
  const listed = users.split('\n').flatMap((line) => {
    const [, , uid, , , path] = line.split(':');
    const number = Number(uid);
    const isPerson = number === 0 || (number >= FIRST_USER && number !== NOBODY);
    return path?.startsWith('/') && path !== '/' && isPerson ? [{ path, uid: number }] : [];
  });
  const all = [...listed, { path: homedir(), uid: process.getuid?.() ?? 0 }];
  return all.filter(({ path }, i) => all.findIndex((one) => one.path === path) === i);
};

/** Says no, with why, to what is not to be guarded. */
type Refuse = (why: string) => void;

/** The folder and those below it, nearest first, up to the bounds. Follows no link. */
const foldersBelow = (top: string, refuse: Refuse): readonly string[] => {
  const folders = [top];
  let level = [top];
  for (let depth = 0; level.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of level)
      for (const entry of attempt(() => readdirSync(folder, { withFileTypes: true })) ?? []) {
        if (!entry.isDirectory()) continue;
        if (depth >= DEEPEST || folders.length >= MOST_FOLDERS) {
          refuse(`has more than ${MOST_FOLDERS} folders, or some deeper than ${DEEPEST}`);
          if (depth >= DEEPEST) return folders;
          break;
        }
        folders.push(`${folder}/${entry.name}`);
        next.push(`${folder}/${entry.name}`);
      }
    level = folders.length >= MOST_FOLDERS ? [] : next;
  }
  return folders;
};

const filesLike = (path: string, refuse: Refuse): readonly string[] => {
  const name = basename(path);
  const star = name.indexOf('*');
  const folder = dirname(path);
  const files = (attempt(() => readdirSync(folder)) ?? []).filter(
    (one) => one.startsWith(name.slice(0, star)) && one.endsWith(name.slice(star + 1)) && !one.endsWith('.pub'),
  );
  if (files.length > MOST_FILES) refuse(`has more than ${MOST_FILES} such files`);
  return files.slice(0, MOST_FILES).map((one) => `${folder}/${one}`);
};

const expand = (path: string, refuse: Refuse): readonly string[] => {
  if (path.endsWith('/**')) return foldersBelow(path.slice(0, -3), refuse);
  if (path.endsWith('/')) return [path.slice(0, -1)];
  return basename(path).includes('*') ? filesLike(path, refuse) : [path];
};

/** A file or folder in a home, when it is the user's or root's. What is not there is undefined, and refused is what is odd. */
const ofHome = (path: string, { uid }: Home, refuse: Refuse): Stats | undefined => {
  const file = attempt(() => lstatSync(path));
  if (file?.isSymbolicLink()) refuse('is a symbolic link');
  else if (file !== undefined && file.uid !== uid && file.uid !== 0) refuse(`belongs to another user, ${file.uid}`);
  // Of root's files another name may have been made there.
  else if (file?.isFile() && file.uid !== uid && file.nlink > 1)
    refuse('is a file of root that has another name elsewhere');
  else return file;
  return undefined;
};

/** Whether each folder between a home and what is looked for there is the user's or root's. */
const isReached = (home: Home, path: string, refuse: Refuse): boolean => {
  const inside = dirname(path).slice(home.path.length).split('/').filter(Boolean);
  // How one comes to the home itself is for whoever made the account.
  if (attempt(() => statSync(home.path)) === undefined) return false;
  return inside.every((_, i) => {
    const folder = `${home.path}/${inside.slice(0, i + 1).join('/')}`;
    return ofHome(folder, home, refuse) !== undefined;
  });
};

const findIn = (place: Place, pattern: string, home: Home | undefined, refuse: Refuse): readonly FoundPlace[] => {
  const start = pattern.replace(/\/(\*\*)?$/, '');
  if (home !== undefined && !isReached(home, start, refuse)) return [];
  // The home itself may be a link that its administrator made.
  const isOdd =
    home !== undefined && start !== home.path && pattern !== start && ofHome(start, home, refuse) === undefined;
  if (isOdd) return [];
  return expand(pattern, refuse).flatMap((path) => {
    const isHome = path === home?.path;
    const file =
      home !== undefined && !isHome
        ? ofHome(path, home, refuse)
        : attempt(() => (path === start ? statSync : lstatSync)(path));
    if (file === undefined || !(file.isFile() || file.isDirectory())) return [];
    return [{ path, isFolder: file.isDirectory(), device: file.dev, inode: file.ino, as: place.as, place }];
  });
};

/** Those of the places that are there. */
export const findPlaces = (places: readonly Place[], users: readonly Home[] = homes()): Found => {
  const cut = new Set<string>();
  const found = places.flatMap((place) => {
    const whose: readonly (Home | undefined)[] = place.path.startsWith('~') ? users : [undefined];
    return whose.flatMap((home) => {
      const pattern = home === undefined ? place.path : home.path + place.path.slice(1);
      return findIn(place, pattern, home, (why) => cut.add(`${pattern} ${why}`));
    });
  });
  return { found, cut: [...cut] };
};
