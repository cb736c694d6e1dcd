// Turns addresses in a process's memory into names, also after the process is gone: `remember` looks while it lives,
// `resolve` answers from what was seen. Must not know where the addresses come from.

import { basename } from 'node:path';
import { cleanText } from '../../base/sanitize.ts';
import { readProcText, startTicksOf } from '../process-info.ts';
import { createModules } from './modules.ts';
import { openPerfMap, type PerfMap } from './perf-map.ts';
import { type CodeMapping, mappingAt, type Snapshot, updateSnapshot } from './snapshot.ts';

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
};

/** `remember` throws `no_permission` for a process we may not look into, and is false when the process is gone. */
export type Resolver = {
  remember: (pid: number) => boolean;
  resolve: (pid: number, address: number) => ResolvedAddress;
  forget: (pid: number) => void;
  close: () => void;
};

type Remembered = { startTicks: number; snapshot: Snapshot; perfMap: PerfMap; names: Map<number, ResolvedAddress> };

const MAX_NAME = 500;
const MAX_NAMES_A_PROCESS = 50_000;
const MAX_DEMANGLED = 100_000;
const JIT = '[jit]';

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
  const readable = new Map<string, string>();

  const readableName = (symbol: string): string => {
    const known = readable.get(symbol);
    if (known !== undefined) return known;
    const name = cleanText(/^_+[ZR]/.test(symbol) ? demangle(symbol) : symbol, MAX_NAME);
    if (readable.size >= MAX_DEMANGLED) readable.clear();
    readable.set(symbol, name);
    return name;
  };

  const remember = (pid: number): boolean => {
    const startTicks = startTicksOf(pid);
    const text = startTicks === undefined ? undefined : readProcText(pid, 'maps');
    if (startTicks === undefined || text === undefined || text === '') return false;
    const before = processes.get(pid);
    const same = before?.startTicks === startTicks ? before : undefined;
    const snapshot = updateSnapshot(pid, same?.snapshot, text);
    const perfMap = same?.perfMap ?? startPerfMap(pid);
    if (!perfMap) return false;
    perfMap.update();
    // A file that only this process's own root or map_files lead to must be opened before the process is gone.
    for (const { file } of snapshot === same?.snapshot ? [] : snapshot.mappings)
      if (file?.openPath.startsWith('/proc/')) modules.get(file.key, file.openPath);
    const names = snapshot === same?.snapshot ? same.names : new Map<number, ResolvedAddress>();
    processes.set(pid, { startTicks, snapshot, perfMap, names });
    return true;
  };

  const lookUp = ({ snapshot, perfMap }: Remembered, address: number): ResolvedAddress => {
    const mapping = mappingAt(snapshot, address);
    const jit = isFromDisk(mapping) ? undefined : perfMap.find(address);
    if (jit) return { name: cleanText(jit.name, MAX_NAME), module: JIT, offset: address - jit.start };
    if (!mapping?.file) {
      if (!mapping) return { name: undefined, module: undefined, offset: address };
      const module = mapping.path === undefined ? '[anonymous]' : cleanText(basename(mapping.path), MAX_NAME);
      return { name: undefined, module, offset: address - mapping.start + mapping.offset };
    }
    const { key, openPath, displayPath } = mapping.file;
    const fileOffset = address - mapping.start + mapping.offset;
    const file = modules.get(key, openPath);
    const moduleAddress = file?.addressOf(fileOffset);
    const symbol = moduleAddress === undefined ? undefined : file?.find(moduleAddress);
    const module = cleanText(basename(displayPath), MAX_NAME);
    const from = { module, path: cleanText(displayPath, 4096), ...(file?.buildId ? { buildId: file.buildId } : {}) };
    return symbol && moduleAddress !== undefined
      ? { name: readableName(symbol.name), offset: moduleAddress - symbol.start, ...from }
      : { name: undefined, offset: moduleAddress ?? fileOffset, ...from };
  };

  const resolve = (pid: number, address: number): ResolvedAddress => {
    const process = processes.get(pid);
    if (!process) return { name: undefined, module: undefined, offset: address };
    const known = process.names.get(address);
    if (known) return known;
    const found = lookUp(process, address);
    if (process.names.size >= MAX_NAMES_A_PROCESS) process.names.clear();
    // Code of a just-in-time compiler changes under the same address.
    if (found.path !== undefined) process.names.set(address, found);
    return found;
  };

  return {
    remember,
    resolve,
    forget: (pid) => {
      processes.delete(pid);
    },
    close: () => {
      processes.clear();
      modules.close();
    },
  };
};
