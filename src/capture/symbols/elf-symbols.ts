// Finds functions of an ELF file by name: where in the file does `cudaMalloc` start?
// Names are compared without their version (`cudaMalloc@@libcudart.so.12` is `cudaMalloc`).
// Must not know of processes, nor why a function is wanted.

import { type ElfFile, type ElfSection, elfUnreadable } from './elf.ts';

/** A function in a file: address and size as the file states them (bytes), and where its first byte lies in the file. */
export type FunctionSymbol = {
  name: string;
  address: number;
  size: number;
  fileOffset: number;
  /** False for an old version kept for programs linked long ago (`memcpy@GLIBC_2.2.5`): a new program never calls it. */
  isDefaultVersion: boolean;
};

/** What one entry of a symbol table says; `kind` is 2 for a function, 10 for one chosen at load time (GNU ifunc). */
export type SymbolVisit = (
  entry: Readonly<{ nameAt: number; address: number; size: number; kind: number; binding: number }>,
  index: number,
) => void;

const ENTRY = 24;
const CHUNK_ENTRIES = 32_768;
const MAX_SYMBOLS = 4_000_000;
const MAX_STRINGS = 128 * 1024 * 1024;
const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const SHT_GNU_VERSYM = 0x6fffffff;
const HIDDEN_VERSION = 0x8000;
/** st_info type of a plain function. */
export const STT_FUNC = 2;
/** st_info type of a function whose address is that of its resolver. */
export const STT_GNU_IFUNC = 10;

/** The table of exported symbols (`.dynsym`) and the full one (`.symtab`), where present. */
export const symbolSections = (elf: ElfFile): { dynamic: ElfSection | undefined; full: ElfSection | undefined } => ({
  dynamic: elf.sections.find((section) => section.type === SHT_DYNSYM),
  full: elf.sections.find((section) => section.type === SHT_SYMTAB),
});

/** The strings that belong to a symbol table. */
export const stringsOf = (elf: ElfFile, table: ElfSection): ElfSection => {
  const strings = elf.sections[table.link];
  if (!strings) throw elfUnreadable({ path: elf.path, why: `${table.name} names no string table` });
  return strings;
};

/** Number of entries of a symbol table. Throws `elf_unreadable` for an unlikely shape. */
export const symbolCount = (elf: ElfFile, table: ElfSection): number => {
  const count = Math.floor(table.size / ENTRY);
  if (table.entrySize !== ENTRY || !(count <= MAX_SYMBOLS))
    throw elfUnreadable({ path: elf.path, why: `${table.name} has ${count} entries of ${table.entrySize} bytes` });
  return count;
};

/** Calls `visit` for each function defined in this file, in table order, holding at most 0.8 MB of the table at once. */
export const visitFunctions = (elf: ElfFile, table: ElfSection, visit: SymbolVisit): void => {
  const count = symbolCount(elf, table);
  const entry = { nameAt: 0, address: 0, size: 0, kind: 0, binding: 0 };
  for (let from = 0; from < count; from += CHUNK_ENTRIES) {
    const entries = Math.min(CHUNK_ENTRIES, count - from);
    const bytes = elf.read(table.offset + from * ENTRY, entries * ENTRY);
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, entries * 6);
    for (let i = 0; i < entries; i++) {
      const info = words[i * 6 + 1] ?? 0;
      entry.kind = info & 15;
      const isDefined = info >>> 16 !== 0;
      if ((entry.kind !== STT_FUNC && entry.kind !== STT_GNU_IFUNC) || !isDefined) continue;
      entry.nameAt = words[i * 6] ?? 0;
      entry.binding = (info >>> 4) & 15;
      entry.address = (words[i * 6 + 2] ?? 0) + (words[i * 6 + 3] ?? 0) * 2 ** 32;
      entry.size = (words[i * 6 + 4] ?? 0) + (words[i * 6 + 5] ?? 0) * 2 ** 32;
      if (Number.isSafeInteger(entry.address) && entry.address > 0) visit(entry, from + i);
    }
  }
};

/** Index -> is this an old, hidden version? From `.gnu.version`, which runs beside `.dynsym`. */
const hiddenVersions = (elf: ElfFile, table: ElfSection): ((index: number) => boolean) => {
  const versions = elf.sections.find((section) => section.type === SHT_GNU_VERSYM);
  if (table.type !== SHT_DYNSYM || !versions) return () => false;
  const bytes = elf.read(versions.offset, Math.min(versions.size, symbolCount(elf, table) * 2));
  return (index) => index * 2 + 2 <= bytes.length && (bytes.readUInt16LE(index * 2) & HIDDEN_VERSION) !== 0;
};

const findIn = (elf: ElfFile, table: ElfSection, wanted: ReadonlySet<string>): FunctionSymbol[] => {
  const { offset, size, name } = stringsOf(elf, table);
  if (!(size <= MAX_STRINGS)) throw elfUnreadable({ path: elf.path, why: `${name} has ${size} bytes of names` });
  const strings = elf.read(offset, size);
  const isHidden = hiddenVersions(elf, table);
  const firstBytes = new Set([...wanted].map((text) => text.charCodeAt(0)));
  const longest = Math.max(0, ...[...wanted].map((text) => text.length));
  const found: FunctionSymbol[] = [];
  visitFunctions(elf, table, ({ nameAt, address, size: bytes, kind }, index) => {
    if (kind !== STT_FUNC || !firstBytes.has(strings[nameAt] ?? 0)) return;
    const end = strings.indexOf(0, nameAt);
    const full = strings.toString('latin1', nameAt, Math.min(end < 0 ? strings.length : end, nameAt + longest + 2));
    const at = full.indexOf('@');
    const plain = at < 0 ? full : full.slice(0, at);
    const fileOffset = wanted.has(plain) ? elf.fileOffsetOf(address) : undefined;
    if (fileOffset === undefined) return;
    const isDefaultVersion = !isHidden(index) && (at < 0 || full[at + 1] === '@');
    found.push({ name: plain, address, size: bytes, fileOffset, isDefaultVersion });
  });
  return found;
};

/**
 * The functions of these plain names: exported ones from `.dynsym`, the missing ones from `.symtab`. One name may yield
 * several (old versions; the default one comes first) and several names may share one address (aliases). Names that the
 * file lacks are absent. Functions chosen at load time (ifunc) are left out: their address is not the function's.
 * Throws `elf_unreadable` on a damaged file.
 */
export const findFunctions = (elf: ElfFile, names: Iterable<string>): FunctionSymbol[] => {
  const missing = new Set(names);
  missing.delete('');
  const { dynamic, full } = symbolSections(elf);
  const found: FunctionSymbol[] = [];
  for (const table of [dynamic, full]) {
    if (!table || missing.size === 0) continue;
    found.push(...findIn(elf, table, missing));
    for (const { name } of found) missing.delete(name);
  }
  const unique = new Map(found.map((symbol) => [`${symbol.name} ${symbol.address}`, symbol] as const));
  return [...unique.values()].sort((a, b) => Number(b.isDefaultVersion) - Number(a.isDefaultVersion));
};
