// What unwinding needs to know of a process's code, by the process's addresses: from an address to the file that is mapped
// there, and into its tables. Must not know how stacks are walked.

import type { Module, Modules } from './modules.ts';
import { type CodeMapping, mappingAt, type Snapshot } from './snapshot.ts';
import type { CodeLookup } from './unwind.ts';

/** Name of the kernel's page that return probes send functions back to (xol_add_vma of Linux's kernel/events/uprobes.c). */
const PROBE_PAGE = '[uprobes]';
const VDSO = '[vdso]';
/** Programs of 32 bits, with another vdso, end below. */
const END_OF_32_BITS = 2 ** 32;

/** Where the debug files of a process's files are looked for: on this system, and below the process's own root. */
export const debugRoots = (pid: number): readonly string[] => ['', `/proc/${pid}/root`];

/** The file behind a mapping, undefined for anonymous memory and unreachable files. `roots`: see `debugRoots`. */
export const moduleOf = (
  modules: Modules,
  roots: readonly string[],
  { file, path, start }: CodeMapping,
): Module | undefined => {
  if (file) return modules.get(file.key, file.openPath, roots);
  return path === VDSO && start > END_OF_32_BITS ? modules.vdso() : undefined;
};

/** The address in its file's own terms; undefined where it is in no file. */
export const inModule = (
  modules: Modules,
  roots: readonly string[],
  mapping: CodeMapping,
  address: number,
): { module: Module; address: number } | undefined => {
  const module = moduleOf(modules, roots, mapping);
  const own = module?.addressOf(address - mapping.start + mapping.offset);
  return module && own !== undefined ? { module, address: own } : undefined;
};

/** Looks into the code of a process as it was when the snapshot was taken. */
export const codeLookup = (modules: Modules, roots: readonly string[], snapshot: Snapshot): CodeLookup => {
  const find = (address: number) => {
    const mapping = mappingAt(snapshot, address);
    return mapping && inModule(modules, roots, mapping, address);
  };
  return {
    isCode: (address) => {
      const mapping = mappingAt(snapshot, address);
      return mapping !== undefined && mapping.path !== PROBE_PAGE;
    },
    rowAt: (address) => {
      const place = find(address);
      return place?.module.frameRow(place.address);
    },
    followsCall: (address) => {
      const place = find(address - 1);
      return place?.module.followsCall(place.address + 1);
    },
  };
};

/** Where return probes send functions back to, undefined where the process had none when the snapshot was taken. */
export const trampolineOf = ({ mappings }: Snapshot): number | undefined =>
  mappings.find(({ path }) => path === PROBE_PAGE)?.start;
