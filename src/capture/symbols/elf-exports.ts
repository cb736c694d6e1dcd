// Finds what a file exports, functions and data alike, by name: where does `_PyRuntime` lie?
// Reads only the table of exported symbols, which no strip takes away. Must not know of processes.
// Layout: Elf64_Sym of the System V ABI: name u32, info u8, other u8, section u16, value u64, size u64.

import { type ElfFile, type ElfSection, elfUnreadable, readU64 } from './elf.ts';
import { stringsOf, symbolCount, symbolSections } from './elf-symbols.ts';

/** An exported symbol: virtual address in the file and size, both in bytes. */
export type ElfExport = { address: number; size: number };

const ENTRY = 24;
const CHUNK_ENTRIES = 32_768;
const MAX_STRINGS = 128 * 1024 * 1024;

const findIn = (elf: ElfFile, table: ElfSection | undefined, names: readonly string[]): Map<string, ElfExport> => {
  const found = new Map<string, ElfExport>();
  if (!table) return found;
  const { offset, size, name } = stringsOf(elf, table);
  if (!(size <= MAX_STRINGS)) throw elfUnreadable({ path: elf.path, why: `${name} has ${size} bytes of names` });
  const strings = elf.read(offset, size);
  const wanted = names.map((text) => ({ text, bytes: Buffer.from(`${text}\0`, 'latin1') }));
  const count = symbolCount(elf, table);
  for (let from = 0; from < count; from += CHUNK_ENTRIES) {
    const bytes = elf.read(table.offset + from * ENTRY, Math.min(CHUNK_ENTRIES, count - from) * ENTRY);
    for (let at = 0; at < bytes.length; at += ENTRY) {
      if (bytes.readUInt16LE(at + 6) === 0) continue;
      const nameAt = bytes.readUInt32LE(at);
      const match = wanted.find((each) => strings[nameAt] === each.bytes[0] && isAt(strings, nameAt, each.bytes));
      if (match) found.set(match.text, { address: readU64(bytes, at + 8), size: readU64(bytes, at + 16) });
    }
  }
  return found;
};

/** The exported symbols of these names that are defined in the file. Throws `elf_unreadable` on a damaged file. */
export const findExports = (elf: ElfFile, names: readonly string[]): Map<string, ElfExport> =>
  findIn(elf, symbolSections(elf).dynamic, names);

/** The same, or where none of them is exported, those of its full symbol table. */
export const findDataSymbols = (elf: ElfFile, names: readonly string[]): Map<string, ElfExport> => {
  const exported = findExports(elf, names);
  return exported.size > 0 ? exported : findIn(elf, symbolSections(elf).full, names);
};

const isAt = (strings: Buffer, at: number, text: Buffer): boolean =>
  at + text.length <= strings.length && strings.compare(text, 0, text.length, at, at + text.length) === 0;
