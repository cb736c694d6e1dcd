// Which processes use CUDA, and through which library files: what they have mapped decides, not their names.
// A process may vanish at any moment: then the answer is undefined. Must not attach anything.

import { readlinkSync } from 'node:fs';
import { UserError } from '../base/errors.ts';
import { cleanText } from '../base/sanitize.ts';
import { keyOfPath, type OpenableFile, openableFile, versionOfPath } from './library-file.ts';
import { isFileMapping, type Mapping, parseMaps } from './maps.ts';
import { allPids, lookInto, readProcText } from './process-info.ts';
import { findStaticRuntime, type StaticRuntime } from './static-runtime.ts';

/** `cudart`: the runtime library; `cuda`: the driver's; `static`: a program with the runtime linked into it. */
export type LibraryKind = 'cudart' | 'cuda' | 'static';
/** A library that probes can be set in. `key` ("major:minor:inode") is the same for every path to the file. */
export type LibraryFile = OpenableFile & { kind: LibraryKind };

/**
 * A process that uses CUDA. `libraries` include the program (or a library) with a runtime inside where that can be probed;
 * `staticRuntime` tells of such a file, probeable or not.
 */
export type ProcessTarget = {
  pid: number;
  comm: string;
  libraries: readonly LibraryFile[];
  /** Paths, as the process sees them, of libraries that cannot be opened from here: it has ended, or we may not. */
  unreachable: readonly string[];
  staticRuntime?: StaticRuntime & { exePath: string };
};

// libcudart.so.12, libcudart.so.11.8.89, and libcudart-d0da41ae.so.11.0 as wheels bundle it; likewise libcuda.so.535.54.
// Not libcudadevrt, libcudnn, libcudadebugger.
const CUDART = /^libcudart(?:-[0-9a-z]+)?\.so(?:\.\d+)*$/i;
const CUDA = /^libcuda(?:-[0-9a-z]+)?\.so(?:\.\d+)*$/i;

/** Which CUDA library a file name stands for, or undefined. */
export const libraryKind = (fileName: string): 'cudart' | 'cuda' | undefined =>
  CUDART.test(fileName) ? 'cudart' : CUDA.test(fileName) ? 'cuda' : undefined;

// Asked again for every process at every scan, while programs on disk hardly change.
const staticRuntimeByFile = new Map<string, StaticRuntime | undefined>();
const MAX_REMEMBERED = 8192;

const staticRuntimeOf = ({ key, openPath }: OpenableFile, searchSymbols: boolean): StaticRuntime | undefined => {
  const question = `${key} ${versionOfPath(openPath)} ${searchSymbols}`;
  if (!staticRuntimeByFile.has(question)) {
    if (staticRuntimeByFile.size >= MAX_REMEMBERED) staticRuntimeByFile.clear();
    staticRuntimeByFile.set(question, findStaticRuntime(openPath, { searchSymbols }));
  }
  return staticRuntimeByFile.get(question);
};

type FileMapping = Mapping & { path: string };

/** The files that a process has mapped with the right to execute, or in any way, each named once. */
const mappedPrograms = (text: string, anyMapping = false): FileMapping[] => {
  const byFile = new Map<string, FileMapping>();
  for (const mapping of parseMaps(text)) {
    if ((anyMapping || mapping.executable) && isFileMapping(mapping))
      byFile.set(`${mapping.device} ${mapping.inode}`, mapping);
  }
  return [...byFile.values()];
};

type CudaLibraries = { readonly found: LibraryFile[]; readonly unreachable: string[] };

const cudaLibrariesIn = (pid: number, text: string, anyMapping = false): CudaLibraries => {
  const found = new Map<string, LibraryFile>();
  const unreachable: string[] = [];
  if (!text.includes('/libcuda')) return { found: [], unreachable };
  for (const mapping of mappedPrograms(text, anyMapping)) {
    const kind = libraryKind(mapping.path.slice(mapping.path.lastIndexOf('/') + 1));
    if (kind === undefined) continue;
    const file = openableFile(pid, mapping);
    if (file === undefined) unreachable.push(mapping.path);
    else found.set(file.key, { ...file, kind });
  }
  return { found: [...found.values()], unreachable };
};

/**
 * The CUDA libraries that a process has mapped with the right to execute, each file once; undefined when the process is
 * gone, empty when it has none. Throws `no_permission` for a process that we may not look into.
 */
export const librariesOf = (pid: number): LibraryFile[] | undefined => {
  const text = readProcText(pid, 'maps');
  return text === undefined ? undefined : cudaLibrariesIn(pid, text).found;
};

/** The program of a process, openable by us even in a container or after it was deleted. */
const programOf = (pid: number): OpenableFile | undefined => {
  const link = lookInto(pid, 'exe', (path) => readlinkSync(path));
  const key = keyOfPath(`/proc/${pid}/exe`);
  if (link === undefined || key === undefined) return undefined;
  const deleted = link.endsWith(' (deleted)');
  const displayPath = deleted ? link.slice(0, -' (deleted)'.length) : link;
  const openPath = [displayPath, `/proc/${pid}/root${displayPath}`].find((path) => keyOfPath(path) === key);
  return { key, openPath: openPath ?? `/proc/${pid}/exe`, displayPath, deleted };
};

type Carrier = { file: OpenableFile; runtime: StaticRuntime };

/**
 * Files of a process that carry a runtime of their own. The program itself is always looked at; the libraries only where
 * the driver is mapped, because a runtime inside a library loads the driver before it does anything.
 */
const carriersIn = (pid: number, text: string, hasDriver: boolean, searchSymbols: boolean): Carrier[] => {
  const program = programOf(pid);
  const files = program ? [program] : [];
  for (const mapping of hasDriver ? mappedPrograms(text) : []) {
    const name = mapping.path.slice(mapping.path.lastIndexOf('/') + 1);
    const file = libraryKind(name) === undefined ? openableFile(pid, mapping) : undefined;
    if (file && file.key !== program?.key) files.push(file);
  }
  return files.flatMap((file) => {
    const runtime = staticRuntimeOf(file, searchSymbols || (hasDriver && file === program));
    return runtime ? [{ file, runtime }] : [];
  });
};

/**
 * What there is to trace in a process; undefined when it is gone or does not use CUDA. `searchSymbols` also finds a runtime
 * in a program without device code before its first call (50 ms for a large program): for processes that the user named.
 * `anyMapping` also finds a library that is mapped to be read only, until now: for processes that have just begun to use one.
 * Throws `no_permission` for a process that we may not look into.
 */
export const targetOf = (
  pid: number,
  { searchSymbols = false, anyMapping = false } = {},
): ProcessTarget | undefined => {
  const text = readProcText(pid, 'maps');
  if (text === undefined) return undefined;
  const { found: mapped, unreachable } = cudaLibrariesIn(pid, text, anyMapping);
  const has = (kind: LibraryKind): boolean => mapped.some((library) => library.kind === kind);
  const carriers = carriersIn(pid, text, has('cuda'), searchSymbols && !has('cudart'));
  const probeable = carriers.filter(({ runtime }) => runtime.symbols);
  const libraries = [...mapped, ...probeable.map(({ file }): LibraryFile => ({ ...file, kind: 'static' }))];
  // Beside a mapped libcudart, a nameless runtime inside cuBLAS and its like is normal and nothing to report.
  const told = probeable[0] ?? (has('cudart') ? undefined : carriers[0]);
  if (libraries.length === 0 && unreachable.length === 0 && !told) return undefined;
  const comm = readProcText(pid, 'comm');
  if (comm === undefined) return undefined;
  const target = { pid, comm: cleanText(comm.replace(/\n$/, ''), 64), libraries, unreachable };
  return told ? { ...target, staticRuntime: { ...told.runtime, exePath: told.file.displayPath } } : target;
};

/** All processes that use CUDA now, and the ids of those that we were not allowed to look into. */
export const findCudaProcesses = (): { targets: ProcessTarget[]; denied: number[] } => {
  const targets: ProcessTarget[] = [];
  const denied: number[] = [];
  for (const pid of allPids()) {
    try {
      const target = targetOf(pid);
      if (target) targets.push(target);
    } catch (thrown) {
      if (!(thrown instanceof UserError)) throw thrown;
      denied.push(pid);
    }
  }
  return { targets, denied };
};
