// Guesses which CUDA libraries a program that has not started yet will load, so that probes are in place before its first
// call. A guess only: what the program really maps is found once it runs (targets.ts). Must not start or attach anything.

import { closeSync, openSync, readSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../base/errors.ts';
import { type CachedLibrary, readLdCache } from './ld-cache.ts';
import { keyOfPath } from './library-file.ts';
import { namesIn, pythonFolders, systemFolders } from './search-folders.ts';
import { findStaticRuntime } from './static-runtime.ts';
import { type ElfFile, tryOpenElf } from './symbols/elf.ts';
import { readDynamic } from './symbols/elf-dynamic.ts';
import { type LibraryFile, type LibraryKind, libraryKind } from './targets.ts';

type Env = Readonly<Record<string, string | undefined>>;
/** Libraries the program is likely to load; `complete` is false when the time ran out before all places were searched. */
export type Candidates = { libraries: LibraryFile[]; complete: boolean };

const MAX_WORDS = 16;
const MAX_SHEBANGS = 4;
const folders = (list: string | undefined): string[] => (list ?? '').split(':').filter((folder) => folder !== '');

const realPath = (path: string): string | undefined => {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
};

/** The file that a word of a command line means, as execvp(3) finds it; undefined where it means none. */
const commandPath = (word: string, env: Env, cwd: string): string | undefined => {
  const tries = word.includes('/')
    ? [resolve(cwd, word)]
    : folders(env.PATH).map((folder) => resolve(cwd, folder, word));
  return tries.find((path) => keyOfPath(path) !== undefined);
};

/** The words of a script's first line (`#!/usr/bin/env python3`), empty for anything else. */
const shebangOf = (path: string): string[] => {
  let fd = -1;
  try {
    fd = openSync(path, 'r');
    const bytes = Buffer.alloc(256);
    const line = bytes.toString('utf8', 0, readSync(fd, bytes, 0, 256, 0)).split('\n')[0] ?? '';
    return line.startsWith('#!') ? line.slice(2).trim().split(/\s+/) : [];
  } catch {
    return [];
  } finally {
    if (fd >= 0) closeSync(fd);
  }
};

/** Every program that the command names, directly (`env python train.py`) or by a script's first line. */
const programsOf = (command: readonly string[], env: Env, cwd: string): string[] => {
  const found = new Set<string>();
  const add = (word: string, depth: number): void => {
    const path = commandPath(word, env, cwd);
    if (path === undefined || found.has(path) || depth > MAX_SHEBANGS) return;
    found.add(path);
    for (const next of shebangOf(path)) add(next, depth + 1);
  };
  for (const word of command.slice(0, MAX_WORDS)) add(word, 0);
  return [...found];
};

type Needs = { names: string[]; folders: string[] };

const needsOf = (path: string): (Needs & { machine: ElfFile['machine'] }) | undefined => {
  using elf = tryOpenElf(path);
  if (!elf) return undefined;
  try {
    const dynamic = readDynamic(elf);
    const search = dynamic && dynamic.runpath.length > 0 ? dynamic.runpath : (dynamic?.rpath ?? []);
    const origin = dirname(realPath(path) ?? path);
    const own = search.map((folder) => folder.replace(/\$ORIGIN|\$\{ORIGIN\}/g, origin));
    return { names: dynamic?.needed ?? [], folders: own, machine: elf.machine };
  } catch (thrown) {
    if (thrown instanceof UserError) return undefined;
    throw thrown;
  }
};

const isInFolder = (folder: string, name: string): boolean => keyOfPath(join(folder, name)) !== undefined;

/** Follows what a program needs, and what that needs, until `isTime` is up; calls `visit` with each library's path. */
const followNeeds = (
  program: string,
  found: { cache: CachedLibrary[]; preferred: string[] },
  visit: (path: string) => void,
  isTime: () => boolean,
): void => {
  const cached = new Map(found.cache.map(({ name, path }) => [name, path] as const));
  const seen = new Set<string>();
  const waiting = [program];
  for (let path = waiting.shift(); path !== undefined && isTime(); path = waiting.shift()) {
    const needs = needsOf(path);
    for (const name of needs?.names ?? []) {
      if (seen.has(name)) continue;
      seen.add(name);
      const folder = [...found.preferred, ...(needs?.folders ?? [])].find((candidate) => isInFolder(candidate, name));
      const library = folder === undefined ? cached.get(name) : join(folder, name);
      if (library === undefined) continue;
      visit(library);
      waiting.push(library);
    }
  }
};

/**
 * The CUDA libraries that `command` (its words) is likely to load when started in `cwd` with `env`: what its program needs
 * and preloads, what lies in LD_LIBRARY_PATH, the loader's cache and the usual folders, and the copies that Python packages
 * bring; and the program itself where the runtime is linked into it. Stops after `budgetMs` milliseconds. Never throws.
 */
export const candidateLibraries = (
  env: Env,
  cwd: string,
  command: readonly string[],
  { budgetMs = 100 }: { budgetMs?: number } = {},
): Candidates => {
  const deadline = performance.now() + budgetMs;
  const isTime = (): boolean => performance.now() < deadline;
  const libraries = new Map<string, LibraryFile>();
  const add = (path: string, kind: LibraryKind | undefined): void => {
    const key = kind && keyOfPath(path);
    if (kind && key && !libraries.has(key))
      libraries.set(key, { key, openPath: realPath(path) ?? path, displayPath: path, deleted: false, kind });
  };
  const addLibrary = (path: string): void => add(path, libraryKind(basename(path)));
  const addFolder = (folder: string): void => {
    for (const name of namesIn(folder)) if (libraryKind(name)) addLibrary(join(folder, name));
  };

  const preferred = folders(env.LD_LIBRARY_PATH).map((folder) => resolve(cwd, folder));
  const machine = process.arch === 'arm64' ? 'arm64' : 'x64';
  const cache = readLdCache(machine);
  const programs = programsOf(command, env, cwd);
  for (const path of (env.LD_PRELOAD ?? '').split(/[ :]/).filter(Boolean)) addLibrary(resolve(cwd, path));
  for (const folder of preferred) addFolder(folder);
  // A runtime inside it is the one that nothing stops it for later: it is looked for however long that takes.
  for (const program of programs)
    if (findStaticRuntime(program, { searchSymbols: true })?.symbols) add(realPath(program) ?? program, 'static');
  // Then what it surely loads: a busy machine may leave no time for places that are only likely.
  for (const program of programs) followNeeds(program, { cache, preferred }, addLibrary, isTime);
  for (const program of programs) addLibrary(program);
  for (const { path } of cache) addLibrary(path);
  for (const folder of systemFolders()) addFolder(folder);
  const pythons = ['python3', 'python'].flatMap((name) => commandPath(name, env, cwd) ?? []);
  const interpreters = [...programs, ...pythons].filter((path) => /^(python|pypy)/.test(basename(path)));
  const places = [...interpreters, ...interpreters.flatMap((path) => realPath(path) ?? [])];
  for (const folder of isTime() ? pythonFolders(env, [...new Set(places)]) : []) if (isTime()) addFolder(folder);
  return { libraries: [...libraries.values()], complete: isTime() };
};
