// The files that user addresses fall into, each opened once and kept while it is among the most recently used: their
// symbol tables and build ids. A file stays open, so that it still answers after it was deleted or its container ended.
// Must not know of processes.

import { UserError } from '../../base/errors.ts';
import { keyOfPath } from '../library-file.ts';
import { readBuildId } from './build-id.ts';
import { type ElfFile, tryOpenElf } from './elf.ts';
import { loadSymbolTable, type SymbolTable } from './symbol-table.ts';

/** One file: address conversion and names. `find` and `addressOf` answer undefined for a damaged file. */
export type Module = {
  buildId: string | undefined;
  addressOf: (fileOffset: number) => number | undefined;
  find: (address: number) => { start: number; name: string } | undefined;
};

/** Closed files and dropped tables are opened again from `path` when needed. */
export type Modules = {
  get: (key: string, path: string) => Module | undefined;
  close: () => void;
};

type Opened = { elf: ElfFile; table: SymbolTable | undefined; buildId: string | undefined };

const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof UserError) return undefined;
    throw thrown;
  }
};

/** Keeps at most `maxOpen` files open and about `maxBytes` of symbol tables in memory, dropping the least recently used. */
export const createModules = ({ maxOpen = 256, maxBytes = 128 * 1024 * 1024 } = {}): Modules => {
  const opened = new Map<string, Opened>();
  const unreadable = new Set<string>();
  let bytes = 0;

  const drop = (key: string): void => {
    const old = opened.get(key);
    bytes -= old?.table?.memoryBytes ?? 0;
    old?.elf.close();
    opened.delete(key);
  };

  const shrink = (inUse: string): void => {
    for (const key of opened.keys()) {
      if (opened.size <= maxOpen && bytes <= maxBytes) return;
      if (key !== inUse) drop(key);
    }
  };

  const open = (key: string, path: string): Opened | undefined => {
    const known = opened.get(key);
    if (known) {
      // A Map keeps the order of insertion: the one used last goes to the end.
      opened.delete(key);
      opened.set(key, known);
      return known;
    }
    // The path may by now lead to another file (an upgrade while recording): its names would be wrong ones.
    const isUsable = !unreadable.has(`${key} ${path}`) && keyOfPath(path) === key;
    const elf = isUsable ? tryOpenElf(path) : undefined;
    if (!elf) {
      if (unreadable.size < 10_000) unreadable.add(`${key} ${path}`);
      return undefined;
    }
    const fresh: Opened = { elf, table: undefined, buildId: attempt(() => readBuildId(elf)) };
    opened.set(key, fresh);
    shrink(key);
    return fresh;
  };

  const tableOf = (key: string, path: string): SymbolTable | undefined => {
    const file = open(key, path);
    if (!file) return undefined;
    if (!file.table) {
      file.table = attempt(() => loadSymbolTable(file.elf)) ?? { count: 0, memoryBytes: 0, find: () => undefined };
      bytes += file.table.memoryBytes;
      shrink(key);
    }
    return file.table;
  };

  return {
    get: (key, path) => {
      const file = open(key, path);
      return (
        file && {
          buildId: file.buildId,
          addressOf: (fileOffset) => file.elf.addressOf(fileOffset),
          find: (address) => attempt(() => tableOf(key, path)?.find(address)),
        }
      );
    },
    close: () => {
      for (const key of [...opened.keys()]) drop(key);
    },
  };
};
