// Names of functions of the running kernel, from /proc/kallsyms, which is read when first asked, and again when modules were
// loaded or unloaded since. Must not know of stacks, nor of the file's format.

import { readFileSync } from 'node:fs';
import { type KernelTable, positionOf, readKernelTable } from './kernel-table.ts';

/** A function of the kernel; `module` is that of a loadable one; `offset` is in bytes from its start. */
export type KernelSymbol = { name: string; module: string | undefined; offset: number };

/** `find` takes the two halves of an address and is undefined where nothing is known, or without privilege. */
export type KernelSymbols = {
  find: (high: number, low: number) => KernelSymbol | undefined;
  /** What is held, once it was read. */
  memoryBytes: () => number;
};

/** Where it is read from, and a clock in ms. */
export type KernelSources = { readonly symbols: string; readonly modules: string; readonly now: () => number };

const RUNNING: KernelSources = {
  symbols: '/proc/kallsyms',
  modules: '/proc/modules',
  now: () => performance.now(),
};
/** Beyond that an address is in no function: the kernel tells no sizes. */
const MAX_FUNCTION = 64 * 1024;
/** Pages are at least that large, and each module has its own: behind its last function another may begin. */
const PAGE = 4096;
/** How long a list of modules is believed. */
const MODULES_MS = 2000;
/** How long all is believed where an address has no name: longer each time that reading it again did not help. */
const FIRST_AGAIN_MS = 4000;
const LAST_AGAIN_MS = 300_000;

/** The index of the first of those that start at the nearest place not after `at`, or -1; and of the next place. */
const nearest = (starts: Float64Array, at: number): { index: number; next: number } => {
  const countBelow = (isBelow: (start: number) => boolean): number => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBelow(starts[middle] ?? 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const next = countBelow((start) => start <= at);
  const place = starts[next - 1];
  return { index: place === undefined ? -1 : countBelow((start) => start < place), next };
};

/** Where a function ends at the latest: the last one of a module with the page after the one where it begins. */
const latestEnd = ({ starts, modules }: KernelTable, index: number, next: number): number => {
  const start = starts[index] ?? 0;
  const isLast = next >= starts.length || modules[next] !== modules[index];
  return isLast ? (Math.floor(start / PAGE) + 2) * PAGE : start + MAX_FUNCTION;
};

const lookUp = (table: KernelTable, at: number): KernelSymbol | undefined => {
  const { index, next } = nearest(table.starts, at);
  if (index < 0 || at >= latestEnd(table, index, next)) return undefined;
  const from = table.namesAt[index] ?? 0;
  const name = table.names.toString('latin1', from, table.names.indexOf(0, from));
  const module = table.modules[index] ?? 0;
  const offset = at - (table.starts[index] ?? 0);
  return { name, module: module === 0 ? undefined : table.moduleNames[module], offset };
};

/** Names, sizes and places of modules ("NAME SIZE USERS BY STATE ADDRESS" a line), without what changes with their use. */
const modulesIn = (path: string): string => {
  try {
    return readFileSync(path, 'latin1').replace(/^(\S+ \d+) \S+ \S+ \S+ (\S+).*$/gm, '$1 $2');
  } catch {
    // A kernel without loadable modules.
    return '';
  }
};

/**
 * The kernel's functions. An address beyond any plausible end of the function before it has no name rather than a wrong one:
 * 64 KB, and for the last function of a module the end of the page after. Where an address has no name or lies in a module,
 * the list of modules is looked at again, at most every 2 seconds; all is read again when that has changed, and for an
 * address without a name at most every 4 seconds, and ever more rarely while that does not help. Until then code that came
 * into the place of an unloaded module has the names of that one.
 */
export const createKernelSymbols = ({ symbols, modules, now }: KernelSources = RUNNING): KernelSymbols => {
  let table: KernelTable | undefined | null = null;
  let listed = '';
  let lookedAt = 0;
  let readAt = 0;
  let again = FIRST_AGAIN_MS;

  const read = (): void => {
    // Before the functions: of a module that comes between, these are read again.
    listed = modulesIn(modules);
    table = readKernelTable(symbols) ?? table ?? undefined;
    readAt = now();
    lookedAt = readAt;
  };
  const haveModulesChanged = (): boolean => {
    if (now() - lookedAt < MODULES_MS) return false;
    lookedAt = now();
    return modulesIn(modules) !== listed;
  };

  const find = (high: number, low: number): KernelSymbol | undefined => {
    if (table === null) read();
    if (!table) return undefined;
    const at = positionOf(high, low);
    const found = lookUp(table, at);
    if (at < 0 || (found && found.module === undefined)) return found;
    if (haveModulesChanged()) again = FIRST_AGAIN_MS;
    else if (found || now() - readAt < again) return found;
    read();
    const foundNow = table && lookUp(table, at);
    again = foundNow ? FIRST_AGAIN_MS : Math.min(LAST_AGAIN_MS, again * 2);
    return foundNow;
  };

  const memoryBytes = (): number =>
    table ? table.starts.byteLength + table.namesAt.byteLength + table.modules.byteLength + table.names.length : 0;

  return { find, memoryBytes };
};
