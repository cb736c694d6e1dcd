// How glibc keeps what belongs to a thread, from its own description for debuggers, and under which key of it a Python keeps
// the state of a thread. Must not know of frames.
//
// The description: nptl_db/structs.def and db_info.c of glibc; libc.so.6 exports it since 2.34, before libpthread.so.0 had it
// among its symbols. Each is three u32: size in bits, number of elements, offset in bytes. Of a key below 32 * 32 the value
// lies in `pthread.specific[key / 32][key % 32].data` (nptl/pthread_getspecific.c).

import { basename } from 'node:path';
import { UserError } from '../../base/errors.ts';
import { openableFile, versionOfPath } from '../library-file.ts';
import { isFileMapping, type Mapping } from '../maps.ts';
import type { ReadMemory } from '../process-memory.ts';
import { type ElfFile, readU64, tryOpenElf } from '../symbols/elf.ts';
import { findDataSymbols } from '../symbols/elf-exports.ts';

/** Bytes and counts; offsets in struct pthread, which `pthread_self()` points to, and in struct pthread_key_data. */
export type ThreadLayout = {
  readonly size: number;
  readonly specific: number;
  readonly blocks: number;
  readonly blockKeys: number;
  readonly keyBytes: number;
  readonly keyData: number;
};

const NAMES = {
  specific: '_thread_db_pthread_specific',
  data: '_thread_db_pthread_key_data_data',
  block: '_thread_db_pthread_key_data_level2_data',
  size: '_thread_db_sizeof_pthread',
} as const;
const LIBC = /^(?:libc\.so\.6|libc-2\.\d+\.so|libpthread\.so\.0|libpthread-2\.\d+\.so)$/;
const MUSL = /^(?:ld-musl-|libc\.musl-)/;
const MAX_BLOCKS = 64;
const MAX_FILES = 1000;

const describedIn = (elf: ElfFile): ThreadLayout | undefined => {
  const symbols = findDataSymbols(elf, Object.values(NAMES));
  const numbers = (name: string, count: number): number[] | undefined => {
    const at = elf.fileOffsetOf(symbols.get(name)?.address ?? 0);
    const bytes = at === undefined ? undefined : elf.read(at, count * 4);
    return bytes && Array.from({ length: count }, (_, i) => bytes.readUInt32LE(i * 4));
  };
  const [size] = numbers(NAMES.size, 1) ?? [];
  const [bits, , specific] = numbers(NAMES.specific, 3) ?? [];
  const [dataBits, , keyData] = numbers(NAMES.data, 3) ?? [];
  const [keyBits, blockKeys] = numbers(NAMES.block, 3) ?? [];
  if (size === undefined || bits === undefined || specific === undefined) return undefined;
  if (keyData === undefined || keyBits === undefined || blockKeys === undefined || dataBits !== 64) return undefined;
  const [blocks, keyBytes] = [bits / 64, keyBits / 8];
  const isLikely = blocks >= 1 && blocks <= MAX_BLOCKS && specific + blocks * 8 <= size && size % 8 === 0;
  const isBlock = blockKeys >= 1 && blockKeys <= 1024 && keyBytes >= keyData + 8 && keyBytes <= 64;
  return isLikely && isBlock && Number.isInteger(blocks)
    ? { size, specific, blocks, blockKeys, keyBytes, keyData }
    : undefined;
};

const layoutIn = (path: string): ThreadLayout | undefined => {
  using elf = tryOpenElf(path);
  try {
    return elf && describedIn(elf);
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    return undefined;
  }
};

/** What the C library of a process says of its threads, or why that is not known. What files say is kept in `known`. */
export const threadLayoutOf = (
  pid: number,
  mappings: readonly Mapping[],
  known = new Map<string, ThreadLayout | undefined>(),
): ThreadLayout | { readonly why: 'musl' | 'unsupported build: its C library does not describe its threads' } => {
  if (mappings.some(({ path }) => MUSL.test(basename(path ?? '')))) return { why: 'musl' };
  for (const mapping of mappings) {
    if (!isFileMapping(mapping) || !LIBC.test(basename(mapping.path)) || mapping.offset !== 0) continue;
    const file = openableFile(pid, mapping);
    if (file === undefined) continue;
    const key = `${file.key} ${versionOfPath(file.openPath)}`;
    if (known.size >= MAX_FILES) known.clear();
    const found = known.has(key) ? known.get(key) : layoutIn(file.openPath);
    known.set(key, found);
    if (found) return found;
  }
  return { why: 'unsupported build: its C library does not describe its threads' };
};

/** Every key under which the thread with this `pthread_self()` keeps one of these values, the lowest first. */
export const keysHolding = (
  read: ReadMemory,
  { specific, blocks, blockKeys, keyBytes, keyData }: ThreadLayout,
  self: number,
  values: ReadonlySet<number>,
): number[] => {
  const pointers = read(self + specific, blocks * 8);
  const keys: number[] = [];
  for (let block = 0; pointers && block < blocks; block++) {
    const at = readU64(pointers, block * 8);
    const bytes = at > 0 ? read(at, blockKeys * keyBytes) : undefined;
    for (let i = 0; bytes && i < blockKeys; i++)
      if (values.has(readU64(bytes, i * keyBytes + keyData))) keys.push(block * blockKeys + i);
  }
  return keys;
};
