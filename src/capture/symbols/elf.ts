// Opens an ELF64 file (x86-64 or arm64, little endian) and says where its segments and sections lie.
// Reads only the bytes asked for, so a library of hundreds of megabytes costs a few kilobytes; a damaged or hostile
// file yields `elf_unreadable` and nothing else. Must not know of processes or of who asks.
// Layouts: System V ABI, "ELF-64 Object File Format"; e_machine numbers from elf.h (EM_X86_64 62, EM_AARCH64 183).

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { defineError, messageOf, UserError } from '../../base/errors.ts';

/** The only error that reading an ELF file throws. */
export const elfUnreadable = defineError<{ path: string; why: string }>('elf_unreadable', ({ path, why }) => ({
  what: `cannot read ${path} as a program or library`,
  why,
  todo: 'check that it is a complete 64-bit ELF file for x86-64 or arm64 and that you may read it',
}));

/** A loadable piece: `fileSize` bytes at `offset` of the file appear at virtual address `address`. All in bytes. */
export type ElfSegment = { offset: number; address: number; fileSize: number; executable: boolean };
/** A section; `link` is the index of the section it belongs with (a symbol table's strings), `type` is sh_type. */
export type ElfSection = {
  name: string;
  type: number;
  address: number;
  offset: number;
  size: number;
  link: number;
  entrySize: number;
};
/** A piece of the file, in bytes. */
export type ElfRange = { offset: number; size: number };

const MAX_HEADERS = 65_536;
const MAX_SECTION_NAMES = 16 * 1024 * 1024;
const NO_BYTES_SECTION = 8; // SHT_NOBITS: has a size but no bytes in the file
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const PT_NOTE = 4;
const PT_GNU_EH_FRAME = 0x6474e550; // LSB Core 5.0, 12.2: where `.eh_frame_hdr` lies

/** Reads a 64-bit number of the file; NaN where it is beyond 2^53, which no honest size or user address is. */
export const readU64 = (bytes: Buffer, at: number): number => {
  const value = bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
  return Number.isSafeInteger(value) ? value : Number.NaN;
};

/** Where the bytes come from: `read` fills `into` from `at` on and returns how many bytes it got, 0 at the end. */
export type ElfSource = {
  size: number;
  read: (into: Buffer, at: number, position: number) => number;
  close: () => void;
};

/** An open ELF file. `close` (or `using`) gives its descriptor back. */
export class ElfFile implements Disposable {
  readonly path: string;
  readonly size: number;
  machine: 'x64' | 'arm64' = 'x64';
  segments: readonly ElfSegment[] = [];
  sections: readonly ElfSection[] = [];
  /** Where the notes (build id), the dynamic section and the interpreter's name lie, from the program headers. */
  notes: readonly ElfRange[] = [];
  dynamic: ElfRange | undefined;
  interpreter: ElfRange | undefined;
  /** The search table of the unwind tables, with its virtual address. */
  ehFrameHeader: (ElfRange & { address: number }) | undefined;
  #source: ElfSource;

  constructor(path: string, source: ElfSource) {
    this.path = path;
    this.size = source.size;
    this.#source = source;
  }

  /** Exactly `length` bytes at `offset` of the file. Throws `elf_unreadable` where the file has no such bytes. */
  read(offset: number, length: number): Buffer {
    const inside = offset >= 0 && length >= 0 && offset + length <= this.size;
    if (!inside)
      throw elfUnreadable({ path: this.path, why: `it points at bytes ${offset}+${length} of ${this.size}` });
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let got = 0; got < length; ) {
      const more = this.#source.read(bytes, got, offset + got);
      if (more === 0) throw elfUnreadable({ path: this.path, why: 'it became shorter while it was read' });
      got += more;
    }
    return bytes;
  }

  /** The first section of this name, or undefined. */
  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name);
  }

  /** File offset of a virtual address (what a uprobe needs), or undefined where no byte of the file is loaded there. */
  fileOffsetOf(address: number): number | undefined {
    const segment = this.segments.find((s) => address >= s.address && address < s.address + s.fileSize);
    return segment && address - segment.address + segment.offset;
  }

  /** Virtual address of a file offset, preferring executable segments where two share a page. */
  addressOf(fileOffset: number): number | undefined {
    const holds = (s: ElfSegment): boolean => fileOffset >= s.offset && fileOffset < s.offset + s.fileSize;
    const segment = this.segments.find((s) => s.executable && holds(s)) ?? this.segments.find(holds);
    return segment && fileOffset - segment.offset + segment.address;
  }

  close(): void {
    this.#source.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const rangeAt = (bytes: Buffer, at: number): ElfRange => ({
  offset: readU64(bytes, at + 8),
  size: readU64(bytes, at + 32),
});

const readSegments = (elf: ElfFile, offset: number, count: number): void => {
  const table = elf.read(offset, count * 56);
  const segments: ElfSegment[] = [];
  const notes: ElfRange[] = [];
  for (let at = 0; at < table.length; at += 56) {
    const type = table.readUInt32LE(at);
    const range = rangeAt(table, at);
    if (type === PT_DYNAMIC) elf.dynamic = range;
    if (type === PT_INTERP) elf.interpreter = range;
    if (type === PT_GNU_EH_FRAME) elf.ehFrameHeader = { ...range, address: readU64(table, at + 16) };
    if (type === PT_NOTE) notes.push(range);
    if (type !== PT_LOAD) continue;
    const executable = (table.readUInt32LE(at + 4) & 1) !== 0;
    segments.push({ offset: range.offset, address: readU64(table, at + 16), fileSize: range.size, executable });
  }
  elf.segments = segments;
  elf.notes = notes;
};

/** The text from `at` to the next zero byte, at most `limit` bytes of it. */
export const textAt = (strings: Buffer, at: number, limit = 4096): string => {
  const end = strings.indexOf(0, at);
  return strings.toString('utf8', at, Math.min(end < 0 ? strings.length : end, at + limit));
};

const readSections = (elf: ElfFile, offset: number, headerCount: number, headerNames: number): void => {
  const first = elf.read(offset, 64);
  // More than 65,279 sections: the true numbers are in section 0 (ELF "extended numbering").
  const count = headerCount === 0 ? readU64(first, 32) : headerCount;
  const namesIndex = headerNames === 0xffff ? first.readUInt32LE(40) : headerNames;
  if (!(count <= MAX_HEADERS)) throw elfUnreadable({ path: elf.path, why: `it claims to have ${count} sections` });
  const table = elf.read(offset, count * 64);
  const names = namesIndex < count ? namesIndex * 64 : -1;
  const namesSize = names < 0 ? 0 : readU64(table, names + 32);
  if (!(namesSize <= MAX_SECTION_NAMES)) throw elfUnreadable({ path: elf.path, why: 'its section names are too long' });
  const strings = names < 0 ? Buffer.alloc(0) : elf.read(readU64(table, names + 24), namesSize);
  const sections: ElfSection[] = [];
  for (let at = 0; at < table.length; at += 64) {
    const type = table.readUInt32LE(at + 4);
    sections.push({
      name: textAt(strings, table.readUInt32LE(at), 256),
      type,
      address: readU64(table, at + 16),
      offset: readU64(table, at + 24),
      size: type === NO_BYTES_SECTION ? 0 : readU64(table, at + 32),
      link: table.readUInt32LE(at + 40),
      entrySize: readU64(table, at + 56),
    });
  }
  elf.sections = sections;
};

const readHeader = (elf: ElfFile): void => {
  const wrong = (why: string) => elfUnreadable({ path: elf.path, why });
  if (elf.size < 64) throw wrong(`it has only ${elf.size} bytes`);
  const header = elf.read(0, 64);
  if (header.readUInt32BE(0) !== 0x7f454c46) throw wrong('it does not start with the ELF mark');
  if (header[4] !== 2 || header[5] !== 1) throw wrong('it is not a 64-bit little-endian ELF file');
  const machine = header.readUInt16LE(18);
  if (machine !== 62 && machine !== 183) throw wrong(`it is for another kind of processor (e_machine ${machine})`);
  elf.machine = machine === 62 ? 'x64' : 'arm64';
  const segmentCount = header.readUInt16LE(56);
  if (segmentCount > 0) readSegments(elf, readU64(header, 32), segmentCount);
  const sectionsAt = readU64(header, 40);
  if (sectionsAt !== 0) readSections(elf, sectionsAt, header.readUInt16LE(60), header.readUInt16LE(62));
};

const sourceOf = (fd: number, size: number): ElfSource => {
  let isOpen = true;
  return {
    size,
    read: (into, at, position) => (isOpen ? readSync(fd, into, at, into.length - at, position) : 0),
    close: () => {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
};

/** An ELF file that is in memory. Throws `elf_unreadable` like `openElf`; `name` stands for its path. */
export const elfInMemory = (name: string, bytes: Buffer): ElfFile => {
  const read = (into: Buffer, at: number, position: number): number =>
    bytes.copy(into, at, position, position + into.length - at);
  const elf = new ElfFile(name, { size: bytes.length, read, close: () => {} });
  readHeader(elf);
  return elf;
};

/** Opens an ELF file for reading its structure. Throws `elf_unreadable` for anything that is not one, or not readable. */
export const openElf = (path: string): ElfFile => {
  let fd = -1;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw elfUnreadable({ path, why: 'it is not a regular file' });
    const elf = new ElfFile(path, sourceOf(fd, stat.size));
    readHeader(elf);
    return elf;
  } catch (thrown) {
    if (fd >= 0) closeSync(fd);
    throw thrown instanceof UserError ? thrown : elfUnreadable({ path, why: messageOf(thrown) }, thrown);
  }
};

/** `openElf`, but undefined instead of an error: for callers to whom an unreadable file is nothing special. */
export const tryOpenElf = (path: string): ElfFile | undefined => {
  try {
    return openElf(path);
  } catch (thrown) {
    if (thrown instanceof UserError) return undefined;
    throw thrown;
  }
};
