// What an ELF file asks of the dynamic loader: the libraries it needs and where it wants them searched.
// Must not know where libraries are on this machine.
// Tags from elf.h: DT_NEEDED 1, DT_STRTAB 5, DT_STRSZ 10, DT_SONAME 14, DT_RPATH 15, DT_RUNPATH 29.

import { type ElfFile, readU64, textAt } from './elf.ts';

/** Names as written in the file; `$ORIGIN` is not yet replaced. `rpath` counts only where `runpath` is empty. */
export type ElfDynamic = { needed: string[]; rpath: string[]; runpath: string[]; soname: string | undefined };

const MAX_DYNAMIC = 1024 * 1024;
const MAX_STRINGS = 64 * 1024 * 1024;

const searchPath = (text: string): string[] => text.split(':').filter((folder) => folder !== '');

/** Reads the dynamic section; undefined for a statically linked program. Throws `elf_unreadable` on a damaged file. */
export const readDynamic = (elf: ElfFile): ElfDynamic | undefined => {
  if (!elf.dynamic) return undefined;
  const bytes = elf.read(elf.dynamic.offset, Math.min(elf.dynamic.size, MAX_DYNAMIC) & ~15);
  const entries: { tag: number; value: number }[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const tag = readU64(bytes, at);
    if (tag === 0) break;
    entries.push({ tag, value: readU64(bytes, at + 8) });
  }
  const numberOf = (tag: number): number => entries.find((entry) => entry.tag === tag)?.value ?? Number.NaN;
  const stringsAt = elf.fileOffsetOf(numberOf(5));
  const stringsSize = numberOf(10);
  const known = stringsAt !== undefined && stringsSize <= MAX_STRINGS;
  const strings = known ? elf.read(stringsAt, stringsSize) : Buffer.alloc(0);
  const texts = (tag: number): string[] =>
    entries.filter((entry) => entry.tag === tag && entry.value < strings.length).map((e) => textAt(strings, e.value));
  return {
    needed: texts(1),
    rpath: texts(15).flatMap(searchPath),
    runpath: texts(29).flatMap(searchPath),
    soname: texts(14)[0],
  };
};
