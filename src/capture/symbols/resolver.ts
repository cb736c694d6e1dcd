// Turns addresses in a process's memory into names, also after the process is gone: `remember` looks while it lives,
// `resolve` answers from what was seen. Must not know where the addresses come from.

import { basename } from 'node:path';
import { cleanText } from '../../base/sanitize.ts';
import { readProcText, startTicksOf } from '../process-info.ts';
import { createCodeCaches } from './code-caches.ts';
import { codeLookup, debugRoots, inModule, moduleOf, trampolineOf } from './code-lookup.ts';
import { createModules } from './modules.ts';
import { openPerfMap, type PerfMap } from './perf-map.ts';
import { type CodeMapping, mappingAt, type Snapshot, updateSnapshot } from './snapshot.ts';
import { type UnwindInput, type Unwound, unwind } from './unwind.ts';

/**
 * What lies at an address. `offset` (bytes) is from the start of the function where `name` is known, else from the start
 * of the module in its own addresses, as addr2line takes them. `module` is a file name, `[vdso]`, `[jit]` or undefined.
 */
export type ResolvedAddress = {
  name: string | undefined;
  module: string | undefined;
  offset: number;
  path?: string;
  buildId?: string;
  /** Only where a just-in-time compiler told of the function. */
  isJit?: true;
};

/**
 * `remember` throws `no_permission` for a process we may not look into, and is false when the process is gone. It reads the
 * process's maps file, or is given the text that this file had a moment ago: then it is true also when the process is gone
 * by now. `unwind` walks a stack of a remembered process; without `trampoline` it takes the one that the maps show.
 */
export type Resolver = {
  remember: (pid: number, maps?: string) => boolean;
  resolve: (pid: number, address: number) => ResolvedAddress;
  unwind: (pid: number, input: UnwindInput) => Unwound | undefined;
  /** CPU time that opening files and reading their tables has taken so far, in ms. */
  loadingMs: () => number;
  /** A child has mapped what its parent has. */
  copy: (pid: number, parent: number) => void;
  forget: (pid: number) => void;
  close: () => void;
};

type Remembered = {
  startTicks: number | undefined;
  snapshot: Snapshot;
  /** Undefined where it was given up for others. */
  perfMap: PerfMap | undefined;
  roots: readonly string[];
};

const MAX_NAME = 500;
const MAX_PATH = 4096;
/** Names of just-in-time compilers, of all processes, in bytes. */
const MAX_PERF_BYTES = 128 * 1024 * 1024;
/** How many look-ups lie between two looks at how many these have become. */
const CHECK = 4096;
const MAX_DEMANGLED = 100_000;
const JIT = '[jit]';
const CUT = '[anonymous, more names than are kept]';

/** "malloc+0x12", "libfoo.so+0x1234" or "0x7f0000001234": how a frame is written everywhere. */
export const formatAddress = ({ name, module, offset }: ResolvedAddress): string => {
  const at = `0x${offset.toString(16)}`;
  return name === undefined && module === undefined ? at : `${name ?? module}+${at}`;
};

/** Compiled code lives in anonymous memory, which may have a label (`[anon:v8]`), or in a file of memory only. */
const isFromDisk = (mapping: CodeMapping | undefined): boolean =>
  mapping?.path !== undefined && !mapping.path.startsWith('[anon') && !mapping.path.startsWith('/memfd:');

const startPerfMap = (pid: number): PerfMap | undefined => {
  const status = readProcText(pid, 'status');
  if (status === undefined) return undefined;
  // In a container the process writes the id that it knows itself by: the last of NSpid.
  const ownPid = /^NSpid:.*?(\d+)\s*$/m.exec(status)?.[1] ?? String(pid);
  return openPerfMap(`/proc/${pid}/root/tmp/perf-${ownPid}.map`, Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? 0));
};

/** Makes a resolver. `demangle` turns a C++ or Rust symbol into a readable name, and may return its input. */
export const createResolver = ({ demangle }: { demangle: (name: string) => string }): Resolver => {
  const processes = new Map<number, Remembered>();
  const modules = createModules();
  /** What was found out, as long as its code stays where it is. */
  const caches = createCodeCaches<ResolvedAddress>();
  const readable = new Map<string, string>();
  let lookUps = 0;

  const readableName = (symbol: string): string => {
    const known = readable.get(symbol);
    if (known !== undefined) return known;
    const name = cleanText(/^_+[ZR]/.test(symbol) ? demangle(symbol) : symbol, MAX_NAME);
    if (readable.size >= MAX_DEMANGLED) readable.clear();
    readable.set(symbol, name);
    return name;
  };

  /** Its process is gone, or has other code than before. */
  const drop = (pid: number, next?: Snapshot): void => {
    const snapshot = processes.get(pid)?.snapshot;
    processes.delete(pid);
    if (snapshot === undefined || snapshot === next) return;
    if (!processes.values().some((other) => other.snapshot === snapshot)) caches.forget(snapshot);
  };

  /** Those of the processes that were looked at longest ago go first. */
  const limitPerfMaps = (): void => {
    const maps = new Set([...processes.values()].map(({ perfMap }) => perfMap));
    let left = [...maps].reduce((sum, map) => sum + (map?.memoryBytes() ?? 0), 0);
    for (const each of processes.values()) {
      if (left <= MAX_PERF_BYTES) return;
      left -= each.perfMap?.memoryBytes() ?? 0;
      each.perfMap = undefined;
    }
  };

  const remember = (pid: number, given?: string): boolean => {
    const startTicks = startTicksOf(pid);
    const text = given ?? (startTicks === undefined ? undefined : readProcText(pid, 'maps'));
    if (text === undefined || text === '') return false;
    const before = processes.get(pid);
    const isSame = before && (startTicks === undefined || startTicks === before.startTicks);
    const same = isSame ? before : undefined;
    const snapshot = updateSnapshot(pid, same?.snapshot, text);
    const perfMap = same?.perfMap ?? startPerfMap(pid);
    if (!perfMap && given === undefined) return false;
    perfMap?.update();
    const roots = same?.roots ?? debugRoots(pid);
    // A file that only this process's own root or map_files lead to must be opened before the process is gone.
    for (const { file } of snapshot === same?.snapshot ? [] : snapshot.mappings)
      if (file?.openPath.startsWith('/proc/')) modules.get(file.key, file.openPath, roots);
    drop(pid, snapshot);
    processes.set(pid, { startTicks: startTicks ?? same?.startTicks, snapshot, perfMap, roots });
    limitPerfMaps();
    return true;
  };

  const lookUp = ({ snapshot, perfMap, roots }: Remembered, address: number): ResolvedAddress => {
    const mapping = mappingAt(snapshot, address);
    const jit = isFromDisk(mapping) ? undefined : perfMap?.find(address);
    if (jit) return { name: cleanText(jit.name, MAX_NAME), module: JIT, offset: address - jit.start, isJit: true };
    if (!mapping) return { name: undefined, module: undefined, offset: address };
    const unnamed = perfMap?.isCut() ? CUT : '[anonymous]';
    const module = mapping.path === undefined ? unnamed : cleanText(basename(mapping.path), MAX_NAME);
    const place = inModule(modules, roots, mapping, address);
    const symbol = place?.module.find(place.address);
    const { file } = mapping;
    const buildId = file && moduleOf(modules, roots, mapping)?.buildId;
    const path = file?.displayPath ?? (isFromDisk(mapping) && mapping.path?.startsWith('/') ? mapping.path : undefined);
    const from = path === undefined ? {} : { path: cleanText(path, MAX_PATH), ...(buildId ? { buildId } : {}) };
    return place && symbol
      ? { name: readableName(symbol.name), module, offset: place.address - symbol.start, ...from }
      : { name: undefined, module, offset: place?.address ?? address - mapping.start + mapping.offset, ...from };
  };

  const resolve = (pid: number, address: number): ResolvedAddress => {
    const process = processes.get(pid);
    if (!process) return { name: undefined, module: undefined, offset: address };
    const cache = caches.of(process.snapshot);
    const known = cache.nameAt(address);
    if (known) return known;
    if (++lookUps % CHECK === 0) limitPerfMaps();
    const found = lookUp(process, address);
    // Code of a just-in-time compiler changes under the same address.
    if (found.path !== undefined) cache.keepName(address, found);
    return found;
  };

  const unwindOf = (pid: number, input: UnwindInput): Unwound | undefined => {
    const process = processes.get(pid);
    if (!process) return undefined;
    const { walked } = caches.of(process.snapshot);
    const known = walked.find(input);
    if (known) return known;
    const trampoline = input.trampoline || trampolineOf(process.snapshot);
    const walk = unwind({ ...input, trampoline }, codeLookup(modules, process.roots, process.snapshot));
    walked.keep(input, walk);
    return walk;
  };

  return {
    remember,
    resolve,
    unwind: unwindOf,
    loadingMs: modules.loadingMs,
    copy: (pid, parent) => {
      const process = processes.get(parent);
      drop(pid, process?.snapshot);
      if (process) processes.set(pid, { ...process, startTicks: undefined });
    },
    forget: (pid) => drop(pid),
    close: () => {
      processes.clear();
      modules.close();
    },
  };
};
