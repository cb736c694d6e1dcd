// Reads single entries of `.eh_frame`: the part of one function (FDE) and the common part (CIE) that it points to.
// Must not know how an entry is found. Layout: LSB Core 5.0, 10.6.1 "The .eh_frame section"; 'B' and 'G' of the
// augmentation: "DWARF for the Arm 64-bit Architecture", 5.1.

import { type ByteCursor, createCursor } from './byte-cursor.ts';
import type { CommonFrame } from './call-frame.ts';
import { type ElfFile, elfUnreadable } from './elf.ts';

/** The part of one function: it covers virtual addresses from `start` up to `end`. */
export type FunctionFrame = { start: number; end: number; common: CommonFrame; program: ByteCursor };

/** Reads entries by their virtual address. Each throws `elf_unreadable` for a damaged one. */
export type EhFrame = {
  /** The function's part at this address; undefined for a common part or the end mark. */
  functionAt: (address: number) => FunctionFrame | undefined;
  fail: (why: string) => Error;
};

/** One entry: `cursor` stands after the length, at the field that tells the kind; `next` is the address after the entry. */
type Entry = { cursor: ByteCursor; idAddress: number; id: number; next: number };

const HEAD = 12;
const MAX_ENTRY = 4 * 1024 * 1024;
const MAX_COMMON = 256;
const ABSOLUTE = 0;

/** The head of the entry at a virtual address: its size with the length field, 0 for the end mark. */
export const entrySize = (elf: ElfFile, fileOffset: number): number => {
  const length = elf.read(fileOffset, 4).readUInt32LE(0);
  return length === 0 ? 0 : length + 4;
};

const readEntry = (elf: ElfFile, address: number, fail: (why: string) => Error): Entry | undefined => {
  const offset = elf.fileOffsetOf(address);
  if (offset === undefined) throw fail('its unwind tables point outside of it');
  const head = elf.read(offset, Math.min(HEAD, elf.size - offset));
  if (head.length < HEAD) return undefined;
  const short = head.readUInt32LE(0);
  if (short === 0) return undefined;
  const isLong = short === 0xffffffff;
  const size = isLong ? head.readUInt32LE(4) + head.readUInt32LE(8) * 2 ** 32 + HEAD : short + 4;
  if (!(size <= MAX_ENTRY)) throw fail(`its unwind tables have an entry of ${size} bytes`);
  const cursor = createCursor(elf.read(offset, size), address, fail, isLong ? HEAD : 4);
  const idAddress = cursor.address();
  return { cursor, idAddress, id: cursor.u32(), next: address + size };
};

const readCommon = (elf: ElfFile, address: number, fail: (why: string) => Error): CommonFrame => {
  const entry = readEntry(elf, address, fail);
  if (entry?.id !== 0) throw fail('its unwind tables point at no common entry');
  const { cursor } = entry;
  const version = cursor.u8();
  const augmentation = cursor.text();
  if (version !== 1 && version !== 3) throw fail(`its unwind tables have version ${version}`);
  const codeFactor = cursor.unsigned();
  const dataFactor = cursor.signed();
  const returnRegister = version === 1 ? cursor.u8() : cursor.unsigned();
  let encoding = ABSOLUTE;
  let isSignal = false;
  const hasAugmentationData = augmentation.startsWith('z');
  if (!hasAugmentationData && augmentation !== '') throw fail(`its unwind tables are augmented by '${augmentation}'`);
  const dataEnd = hasAugmentationData ? cursor.unsigned() + cursor.at : cursor.at;
  for (const letter of augmentation.slice(1)) {
    if (letter === 'R') encoding = cursor.u8();
    else if (letter === 'L') cursor.u8();
    else if (letter === 'S') isSignal = true;
    else if (letter === 'P') cursor.pointer(cursor.u8(), { data: 0, text: 0, function: 0 });
    // What else there is has no data here, or data that the length lets us pass over.
    else if (letter !== 'B' && letter !== 'G') break;
  }
  if (!(dataEnd >= cursor.at && dataEnd <= cursor.end)) throw fail('its unwind tables end too early');
  cursor.at = dataEnd;
  const rest = cursor.take(cursor.end - cursor.at);
  const program = (): ByteCursor => createCursor(rest, address, fail);
  return { codeFactor, dataFactor, returnRegister, isSignal, encoding, hasAugmentationData, program };
};

/** Reads entries of an open file, which must stay open. Remembers a few common parts. */
export const openEhFrame = (elf: ElfFile): EhFrame => {
  const fail = (why: string): Error => elfUnreadable({ path: elf.path, why });
  const commons = new Map<number, CommonFrame>();

  const commonAt = (address: number): CommonFrame => {
    const known = commons.get(address);
    if (known) return known;
    const common = readCommon(elf, address, fail);
    if (commons.size >= MAX_COMMON) commons.clear();
    commons.set(address, common);
    return common;
  };

  const functionAt = (address: number): FunctionFrame | undefined => {
    const entry = readEntry(elf, address, fail);
    if (entry === undefined || entry.id === 0) return undefined;
    const common = commonAt(entry.idAddress - entry.id);
    const { cursor } = entry;
    const start = cursor.pointer(common.encoding, {});
    const size = cursor.pointer(common.encoding & 0x0f, {});
    if (common.hasAugmentationData) {
      const length = cursor.unsigned();
      if (!(length <= cursor.end - cursor.at)) throw fail('its unwind tables end too early');
      cursor.at += length;
    }
    return { start, end: start + size, common, program: cursor };
  };

  return { functionAt, fail };
};
