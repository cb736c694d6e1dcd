// The files that user addresses fall into, each opened once and kept while it is among the most recently used: their
// symbol tables, unwind tables and build ids. A file stays open, so that it still answers after it was deleted or its
// container ended. Must not know of processes.

import { keyOfPath } from '../library-file.ts';
import { attempt } from './attempt.ts';
import { readBuildId } from './build-id.ts';
import { CALL_BYTES, endsWithCall } from './call-before.ts';
import { type CodeRange, coldPartOf } from './cold-part.ts';
import { openDebugFile } from './debug-file.ts';
import { createLoading } from './effort.ts';
import { type ElfFile, tryOpenElf } from './elf.ts';
import { symbolSections } from './elf-symbols.ts';
import type { FrameRow } from './frame-row.ts';
import { createFrameRows, type FrameRows } from './frame-rows.ts';
import { loadSymbolTable, type SymbolTable } from './symbol-table.ts';
import { openVdso } from './vdso.ts';

/** One file: address conversion, names, unwinding. All take virtual addresses of the file, and answer undefined for a damaged one. */
export type Module = {
  buildId: string | undefined;
  addressOf: (fileOffset: number) => number | undefined;
  find: (address: number) => { start: number; name: string } | undefined;
  frameRow: (address: number) => FrameRow | undefined;
  /** Whether a call ends right before the address. */
  followsCall: (address: number) => boolean | undefined;
};

/**
 * Closed files and dropped tables are opened again from `path` when needed. Of a stripped file the symbols are taken from
 * its debug file, which is looked for below `roots` when the file is opened.
 */
export type Modules = {
  get: (key: string, path: string, roots?: readonly string[]) => Module | undefined;
  /** The kernel's own code in 64-bit processes. */
  vdso: () => Module | undefined;
  /** CPU time that opening files and reading their tables has taken so far, in ms. */
  loadingMs: () => number;
  close: () => void;
};

type Opened = {
  elf: ElfFile;
  buildId: string | undefined;
  debug: ElfFile | undefined;
  table: SymbolTable | undefined;
  rows: FrameRows;
  /** What was found of `SPLIT`. */
  cold: { readonly range: CodeRange | undefined } | undefined;
  /** Return addresses that were looked at: whether a call ends there. */
  calls: Map<number, boolean | undefined>;
  module: Module;
};

const VDSO = '[vdso]';
/** A function whose unnamed part in stripped files gets its name: frames of Python take the place of CPython's loop. */
const SPLIT = '_PyEval_EvalFrameDefault';
const OUR_ROOT = [''];
const EMPTY: SymbolTable = { count: 0, memoryBytes: 0, find: () => undefined };
const MAX_ROW_BYTES = 16 * 1024 * 1024;
const ROW_CHECK = 4096;
const MAX_CALLS = 4096;

const readCall = (elf: ElfFile, address: number): boolean | undefined => {
  const offset = elf.fileOffsetOf(address - CALL_BYTES);
  return offset === undefined ? undefined : endsWithCall(elf.machine, elf.read(offset, CALL_BYTES));
};

/**
 * Keeps at most `maxOpen` files open and about `maxBytes` of symbol tables in memory, dropping the least recently used; and
 * about 16 MB of rows of unwind tables.
 */
export const createModules = ({ maxOpen = 256, maxBytes = 128 * 1024 * 1024 } = {}): Modules => {
  const opened = new Map<string, Opened>();
  const unreadable = new Set<string>();
  const loading = createLoading();
  let bytes = 0;
  let lookUps = 0;

  const drop = (key: string): void => {
    const old = opened.get(key);
    bytes -= old?.table?.memoryBytes ?? 0;
    old?.elf.close();
    old?.debug?.close();
    opened.delete(key);
  };

  const shrink = (inUse: string): void => {
    for (const key of opened.keys()) {
      if (opened.size <= maxOpen && bytes <= maxBytes) return;
      if (key !== inUse) drop(key);
    }
  };

  const open = (key: string, path: string, roots: readonly string[]): Opened | undefined => {
    const known = opened.get(key);
    if (known) {
      // A Map keeps the order of insertion: the one used last goes to the end.
      opened.delete(key);
      opened.set(key, known);
      return known;
    }
    // The path may by now lead to another file (an upgrade while recording): its names would be wrong ones.
    const isUsable = !unreadable.has(`${key} ${path}`) && (key === VDSO || keyOfPath(path) === key);
    const fresh = isUsable ? loading.during(() => openFile(key, path, roots)) : undefined;
    if (!fresh) {
      if (unreadable.size < 10_000) unreadable.add(`${key} ${path}`);
      return undefined;
    }
    opened.set(key, fresh);
    shrink(key);
    return fresh;
  };

  const tableOf = (key: string, path: string, roots: readonly string[]): SymbolTable | undefined => {
    const file = open(key, path, roots);
    if (!file) return undefined;
    if (!file.table) {
      const source = file.debug ?? file.elf;
      file.table = loading.during(() => attempt(() => loadSymbolTable(source))) ?? EMPTY;
      bytes += file.table.memoryBytes;
      shrink(key);
    }
    return file.table;
  };

  const inColdPart = (file: Opened, address: number): { start: number; name: string } | undefined => {
    const isStripped = !symbolSections(file.elf).full && !file.debug;
    file.cold ??= {
      range: isStripped ? loading.during(() => attempt(() => coldPartOf(file.elf, SPLIT))) : undefined,
    };
    const { range } = file.cold;
    return range && address >= range.start && address < range.end
      ? { start: range.start, name: `${SPLIT}.cold` }
      : undefined;
  };

  const rowOf = (file: Opened, address: number): FrameRow | undefined => {
    if (++lookUps % ROW_CHECK === 0) {
      let held = 0;
      for (const { rows } of opened.values()) held += rows.memoryBytes();
      if (held > MAX_ROW_BYTES) for (const each of opened.values()) each.rows = createFrameRows(each.elf, loading);
    }
    return file.rows.rowAt(address);
  };

  const followsCall = ({ calls, elf }: Opened, address: number): boolean | undefined => {
    if (calls.has(address)) return calls.get(address);
    const answer = attempt(() => readCall(elf, address));
    if (calls.size >= MAX_CALLS) calls.clear();
    calls.set(address, answer);
    return answer;
  };

  const startFile = (elf: ElfFile, key: string, path: string, roots: readonly string[]): Opened => {
    const buildId = attempt(() => readBuildId(elf));
    const file: Opened = {
      elf,
      buildId,
      debug: buildId && !symbolSections(elf).full ? openDebugFile(buildId, elf.machine, roots) : undefined,
      table: undefined,
      rows: createFrameRows(elf, loading),
      cold: undefined,
      calls: new Map(),
      module: {
        buildId,
        addressOf: (fileOffset) => elf.addressOf(fileOffset),
        find: (address) => attempt(() => tableOf(key, path, roots)?.find(address)) ?? inColdPart(file, address),
        frameRow: (address) => rowOf(file, address),
        followsCall: (address) => followsCall(file, address),
      },
    };
    return file;
  };

  const openFile = (key: string, path: string, roots: readonly string[]): Opened | undefined => {
    const elf = key === VDSO ? openVdso() : tryOpenElf(path);
    return elf && startFile(elf, key, path, roots);
  };

  const get = (key: string, path: string, roots: readonly string[] = OUR_ROOT): Module | undefined =>
    open(key, path, roots)?.module;

  return {
    get,
    vdso: () => get(VDSO, VDSO),
    loadingMs: loading.spentMs,
    close: () => {
      for (const key of [...opened.keys()]) drop(key);
    },
  };
};
