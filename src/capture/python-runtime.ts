// Finds the runtimes of CPython in a process: where `_PyRuntime` lies in its memory and which version it is.
// Reads files, not memory. Must not know what the runtime holds.
// `_PyRuntime` is one exported object since 3.7; the section `.PyRuntime` holds nothing else since 3.10 (Python/pylifecycle.c);
// `Py_Version` since 3.11 (Include/pylifecycle.h: 0x030b07f0 is 3.11.7).

import { basename } from 'node:path';
import { UserError } from '../base/errors.ts';
import { openableFile, versionOfPath } from './library-file.ts';
import { isFileMapping, type Mapping } from './maps.ts';
import { type ElfFile, type ElfSegment, tryOpenElf } from './symbols/elf.ts';
import { findExports } from './symbols/elf-exports.ts';

/**
 * A runtime in memory: address and size in bytes. `version` is major * 256 + minor (0x30b), undefined where the file does
 * not say it.
 */
export type PythonRuntime = {
  address: number;
  size: number;
  version: number | undefined;
  /** Where `version` is undefined: 3.9 or 3.10 by the functions that came with them. */
  older: 0x309 | 0x30a | undefined;
  machine: 'x64' | 'arm64';
  /** Addresses in memory of the types of code objects, strings and bytes, where the file exports them. */
  types: { code: number; text: number; bytes: number } | undefined;
};
/** `unreadable`: there is a Python too of which the place is not known: a version before 3.7, or a file we cannot read. */
export type PythonRuntimes = { runtimes: PythonRuntime[]; unreadable: boolean };

type FileFacts =
  | { kind: 'none' }
  | { kind: 'unreadable' }
  | {
      kind: 'runtime';
      address: number;
      size: number;
      version: number | undefined;
      older: PythonRuntime['older'];
      machine: 'x64' | 'arm64';
      types: PythonRuntime['types'];
      code: readonly ElfSegment[];
    };

const MAX_FILES = 1000;
// Py_IsInitialized is in the stable interface of every version: it tells that this file is a Python. PyModule_AddType came
// with 3.9, PyIter_Send with 3.10 (Misc/stable_abi.toml).
const EXPORTS = ['_PyRuntime', 'Py_Version', 'Py_IsInitialized', 'PyModule_AddType', 'PyIter_Send'];
const TYPES = ['PyCode_Type', 'PyUnicode_Type', 'PyBytes_Type'];
/** `python3.12`, `libpython3.11.so.1.0`, `libpython3-1a2b3c.so` as bundles name it. */
const PYTHON_FILE = /^(?:lib)?python/;

const versionIn = (elf: ElfFile, address: number | undefined): number | undefined => {
  const offset = address === undefined ? undefined : elf.fileOffsetOf(address);
  return offset === undefined ? undefined : elf.read(offset, 4).readUInt32LE(0) >>> 16;
};

const readFacts = (path: string): FileFacts => {
  using elf = tryOpenElf(path);
  if (!elf) return { kind: 'unreadable' };
  try {
    const exports = findExports(elf, [...EXPORTS, ...TYPES]);
    const addressOf = (name: string): number => exports.get(name)?.address ?? Number.NaN;
    const types = {
      code: addressOf('PyCode_Type'),
      text: addressOf('PyUnicode_Type'),
      bytes: addressOf('PyBytes_Type'),
    };
    const section = elf.section('.PyRuntime');
    const place = exports.get('_PyRuntime') ?? section;
    if (!place) return { kind: exports.has('Py_IsInitialized') ? 'unreadable' : 'none' };
    return {
      kind: 'runtime',
      address: place.address,
      size: place.size,
      version: versionIn(elf, exports.get('Py_Version')?.address),
      older: exports.has('PyIter_Send') ? 0x30a : exports.has('PyModule_AddType') ? 0x309 : undefined,
      machine: elf.machine,
      types: Object.values(types).some(Number.isNaN) ? undefined : types,
      code: elf.segments.filter((segment) => segment.executable),
    };
  } catch (thrown) {
    if (thrown instanceof UserError) return { kind: 'unreadable' };
    throw thrown;
  }
};

/** What is added to an address in the file to get the one in memory, from one mapping of the file's code. */
const biasOf = (code: readonly ElfSegment[], mapping: Mapping): number | undefined => {
  const end = mapping.offset + mapping.end - mapping.start;
  const segment = code.find((each) => each.offset < end && each.offset + each.fileSize > mapping.offset);
  return segment && mapping.start - mapping.offset + segment.offset - segment.address;
};

/** Makes a finder that keeps what it learnt of each file. `startCode` is the address at which the program's code starts. */
export const createPythonFinder = (): ((
  pid: number,
  mappings: readonly Mapping[],
  startCode: number,
) => PythonRuntimes) => {
  const files = new Map<string, FileFacts>();

  const factsOf = (key: string, path: string): FileFacts => {
    const name = `${key} ${versionOfPath(path)}`;
    const known = files.get(name);
    if (known) return known;
    const facts = readFacts(path);
    if (files.size >= MAX_FILES) files.clear();
    files.set(name, facts);
    return facts;
  };

  return (pid, mappings, startCode) => {
    const runtimes = new Map<number, PythonRuntime>();
    let unreadable = false;
    for (const mapping of mappings) {
      if (!mapping.executable || !isFileMapping(mapping)) continue;
      const isProgram = mapping.start <= startCode && startCode < mapping.end;
      const isNamed = PYTHON_FILE.test(basename(mapping.path));
      if (!isProgram && !isNamed) continue;
      const file = openableFile(pid, mapping);
      const facts = file ? factsOf(file.key, file.openPath) : ({ kind: 'unreadable' } as const);
      // A program that is no Python by its name and cannot be read is most likely none; we cannot prove it.
      if (facts.kind === 'unreadable') unreadable = true;
      if (facts.kind !== 'runtime') continue;
      const { address, size, version, older, machine, code, types } = facts;
      const bias = biasOf(code, mapping);
      if (bias === undefined) unreadable = true;
      else
        runtimes.set(address + bias, {
          address: address + bias,
          size,
          version,
          older,
          machine,
          types: types && { code: types.code + bias, text: types.text + bias, bytes: types.bytes + bias },
        });
    }
    return { runtimes: [...runtimes.values()], unreadable };
  };
};
