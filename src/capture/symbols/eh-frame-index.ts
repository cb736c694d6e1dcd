// Finds the entry of `.eh_frame` for an address: by the sorted table of `.eh_frame_hdr`, which stays in the file, or by
// reading all entries once where a file has no such table. Must not know what entries say.
// Layout: LSB Core 5.0, 10.6.2 "The .eh_frame_hdr section".

import { createCursor } from './byte-cursor.ts';
import type { EhFrame } from './eh-frame.ts';
import { entrySize } from './eh-frame.ts';
import type { ElfFile } from './elf.ts';

/** `entryFor` gives the virtual address of the only entry that may cover `address`. `memoryBytes` is what is held. */
export type EhFrameIndex = { entryFor: (address: number) => number | undefined; memoryBytes: number };

const HEADER_BYTES = 64;
const MAX_ENTRIES = 8_000_000;
const MAX_SCANNED = 400_000;
/** Sizes in bytes of the pointer formats that a table may have, so that it can be searched. */
const FORMAT_BYTES: Readonly<Record<number, 4 | 8>> = { 3: 4, 11: 4, 0: 8, 4: 8, 12: 8 };
const BLOCK = 256;

/** The number of elements of a sorted sequence that are not above `value`. */
const countNotAbove = (count: number, at: (index: number) => number, value: number): number => {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(middle) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
};

const openTable = (elf: ElfFile, fail: EhFrame['fail']): EhFrameIndex | undefined => {
  const header = elf.ehFrameHeader;
  if (!header || header.size < 8) return undefined;
  const cursor = createCursor(elf.read(header.offset, Math.min(header.size, HEADER_BYTES)), header.address, fail);
  const version = cursor.u8();
  const [pointerFormat, countFormat, tableFormat] = [cursor.u8(), cursor.u8(), cursor.u8()];
  const bases = { data: header.address };
  const width = FORMAT_BYTES[tableFormat & 0x0f];
  if (version !== 1 || countFormat === 0xff || tableFormat === 0xff || width === undefined) return undefined;
  cursor.pointer(pointerFormat, bases);
  const count = cursor.pointer(countFormat, bases);
  const table = cursor.at;
  if (!(count > 0 && count <= MAX_ENTRIES && table + count * width * 2 <= header.size)) return undefined;

  const rowsFrom = (first: number, rows: number) => {
    const bytes = elf.read(header.offset + table + first * width * 2, rows * width * 2);
    const row = createCursor(bytes, header.address + table + first * width * 2, fail);
    /** Column 0 is where the function starts, 1 where its entry lies. */
    return (index: number, column: 0 | 1): number => {
      row.at = ((index - first) * 2 + column) * width;
      return row.pointer(tableFormat, bases);
    };
  };

  const entryFor = (address: number): number | undefined => {
    const blocks = Math.ceil(count / BLOCK);
    const block = countNotAbove(blocks, (index) => rowsFrom(index * BLOCK, 1)(index * BLOCK, 0), address) - 1;
    if (block < 0) return undefined;
    const first = block * BLOCK;
    const rows = Math.min(BLOCK, count - first);
    const cell = rowsFrom(first, rows);
    const index = first + countNotAbove(rows, (i) => cell(first + i, 0), address) - 1;
    return index < first ? undefined : cell(index, 1);
  };
  return { entryFor, memoryBytes: 0 };
};

const scan = (elf: ElfFile, frames: EhFrame): EhFrameIndex | undefined => {
  const section = elf.section('.eh_frame');
  if (!section || section.size === 0 || elf.fileOffsetOf(section.address) !== section.offset) return undefined;
  const found: { start: number; entry: number }[] = [];
  for (let at = 0; at + 4 <= section.size && found.length < MAX_SCANNED; ) {
    const size = entrySize(elf, section.offset + at);
    if (size === 0) break;
    const frame = frames.functionAt(section.address + at);
    if (frame && frame.start >= 0) found.push({ start: frame.start, entry: section.address + at });
    at += size;
  }
  found.sort((a, b) => a.start - b.start);
  const starts = Float64Array.from(found, ({ start }) => start);
  const entries = Float64Array.from(found, ({ entry }) => entry);
  const entryFor = (address: number): number | undefined =>
    entries[countNotAbove(starts.length, (index) => starts[index] ?? 0, address) - 1];
  return { entryFor, memoryBytes: starts.byteLength + entries.byteLength };
};

/** The index of a file, undefined where it has no unwind tables. Throws `elf_unreadable` on a damaged file. */
export const openEhFrameIndex = (elf: ElfFile, frames: EhFrame): EhFrameIndex | undefined =>
  openTable(elf, frames.fail) ?? scan(elf, frames);
