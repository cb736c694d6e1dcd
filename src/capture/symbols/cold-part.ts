// Finds the part of a function that the compiler put elsewhere because it is rarely executed, in a file that has been stripped
// of its name (`function.cold`). The two parts are known by their jumps into the middle of each other; other functions are
// entered at their start. Must not know why a function is wanted.

import { openEhFrame } from './eh-frame.ts';
import { openEhFrameIndex } from './eh-frame-index.ts';
import type { ElfFile } from './elf.ts';
import { findExports } from './elf-exports.ts';

/** Virtual addresses of the file: `start` <= a < `end`. */
export type CodeRange = { readonly start: number; readonly end: number };

const MAX_CODE = 4 * 1024 * 1024;
/** Of all parts that are looked at, in bytes. */
const MAX_READ = 4 * MAX_CODE;
/** Places outside of the function that it seems to jump to, each looked up in the tables; and parts that these lie in. */
const MAX_TARGETS = 4096;
const MAX_PARTS = 256;
/** Jumps back that are more than chance in megabytes of code. */
const MIN_JUMPS_BACK = 2;

/** Where the direct jumps of some x86-64 code lead, and places that only look like jumps: JMP rel32 and Jcc rel32. */
const jumpsX64 = (code: Buffer, address: number): number[] => {
  const targets: number[] = [];
  for (let i = 0; i + 6 <= code.length; i++) {
    if (code[i] === 0xe9) targets.push(address + i + 5 + code.readInt32LE(i + 1));
    if (code[i] === 0x0f && ((code[i + 1] ?? 0) & 0xf0) === 0x80)
      targets.push(address + i + 6 + code.readInt32LE(i + 2));
  }
  return targets;
};

/** The same for arm64: B, B.cond, CBZ and CBNZ (Arm ARM, C4.1 "Branches"). */
const jumpsArm64 = (code: Buffer, address: number): number[] => {
  const targets: number[] = [];
  for (let i = 0; i + 4 <= code.length; i += 4) {
    const word = code.readUInt32LE(i);
    if (word >>> 26 === 0b000101) targets.push(address + i + ((word << 6) >> 6) * 4);
    else if (word >>> 24 === 0x54 || (word & 0x7e00_0000) === 0x3400_0000)
      targets.push(address + i + ((word << 8) >> 13) * 4);
  }
  return targets;
};

/**
 * The cold part of the exported function of this name, or undefined: where there is none, or where too much would have to be
 * read to find it. Throws `elf_unreadable` on a damaged file.
 */
export const coldPartOf = (elf: ElfFile, name: string): CodeRange | undefined => {
  const hot = findExports(elf, [name]).get(name);
  if (!hot || !(hot.size > 0 && hot.size <= MAX_CODE)) return undefined;
  const frames = openEhFrame(elf);
  const index = openEhFrameIndex(elf, frames);
  let left = MAX_READ;
  const jumps = (start: number, end: number): number[] => {
    const offset = elf.fileOffsetOf(start);
    left -= end - start;
    if (offset === undefined || end - start > MAX_CODE || left < 0) return [];
    return (elf.machine === 'x64' ? jumpsX64 : jumpsArm64)(elf.read(offset, end - start), start);
  };
  const end = hot.address + hot.size;
  const tried = new Set<number>();
  const outside = new Set(jumps(hot.address, end).filter((target) => target < hot.address || target >= end));
  for (const target of [...outside].slice(0, MAX_TARGETS)) {
    if (tried.size >= MAX_PARTS || left < 0) return undefined;
    const entry = index?.entryFor(target);
    if (entry === undefined || tried.has(entry)) continue;
    const part = frames.functionAt(entry);
    if (!part || !(target > part.start && target < part.end)) continue;
    tried.add(entry);
    const back = jumps(part.start, part.end).filter((at) => at > hot.address && at < end);
    if (back.length >= MIN_JUMPS_BACK) return { start: part.start, end: part.end };
  }
  return undefined;
};
