// Chooses where in a function a uprobe sits, because that decides its price: some first instructions are carried out by
// the kernel itself, all others are single-stepped in the program. Must not attach anything.
//
// Source of the classes: Linux arch/x86/kernel/uprobes.c (branch_setup_xol_ops, push_setup_xol_ops, is_nop5_insn) and
// arch/arm64/kernel/probes/decode-insn.c (arm_probe_decode_insn).

import type { ElfFile } from './symbols/elf.ts';

/** What the kernel does with the instruction under the probe. */
export type ProbePrice = 'nop5' | 'emulated' | 'single_step';

/**
 * Nanoseconds that one hit costs the program, measured on a virtual machine with kernel 6.18 (bare metal: 320 emulated,
 * 900 single-stepped). `nop5`: rewritten to a call into the kernel, no trap. `emulated`: one trap; the kernel itself does
 * the push, nop, relative jump or call. `single_step`: two traps, the second one slow under virtualisation.
 */
export const PRICE_NS: Readonly<Record<ProbePrice, number>> = { nop5: 180, emulated: 410, single_step: 15_000 };

/** Where to put a probe: `fileOffset` for the attach call, `symbolOffset` bytes into the function. */
export type ProbeSite = { fileOffset: number; symbolOffset: number; price: ProbePrice; firstBytes: Buffer };

type Choice = { symbolOffset: number; price: ProbePrice };

const LOOK = 16;
const PAGE = 4096;
const NOP5 = Buffer.from('0f1f440000', 'hex');
const ENDBR64 = Buffer.from('f30f1efa', 'hex');

const startsWith = (code: Buffer, at: number, what: Buffer): boolean =>
  code.subarray(at, at + what.length).equals(what);

const isX64Push = (code: Buffer, at: number): boolean => {
  const first = code[at] ?? 0;
  const opcode = first === 0x41 ? (code[at + 1] ?? 0) : first;
  return opcode >= 0x50 && opcode <= 0x57;
};

// 66 90 and f3 90 (pause) are also "prefix* + nop" to the kernel.
const isX64Nop = (code: Buffer, at: number): boolean =>
  code[at] === 0x90 || ((code[at] === 0x66 || code[at] === 0xf3) && code[at + 1] === 0x90);

const isX64Jump = (code: Buffer, at: number): boolean => code[at] === 0xe9 || code[at] === 0xeb;

const isX64CallOrBranch = (code: Buffer, at: number): boolean => {
  const [first, second] = [code[at] ?? 0, code[at + 1] ?? 0];
  return first === 0xe8 || (first >= 0x70 && first <= 0x7f) || (first === 0x0f && second >= 0x80 && second <= 0x8f);
};

const x64Price = (code: Buffer, at: number, pageOffset: number, hasNop5: boolean): ProbePrice => {
  // The kernel rewrites the five bytes at once, so they may not cross a page.
  if (startsWith(code, at, NOP5)) {
    if (!hasNop5) return 'single_step';
    return ((pageOffset + at) % PAGE) + NOP5.length <= PAGE ? 'nop5' : 'emulated';
  }
  const emulated = isX64Push(code, at) || isX64Nop(code, at) || isX64Jump(code, at) || isX64CallOrBranch(code, at);
  return emulated ? 'emulated' : 'single_step';
};

/**
 * x86-64: past an `endbr64` where a cheap instruction follows. At +4 no register and not the stack pointer has changed,
 * so arguments and the return address are where the calling convention has them, and a return probe works too.
 * A call or a conditional branch at +4 could be the head of a loop, which would be hit again: those keep offset 0.
 */
const chooseX64 = (code: Buffer, pageOffset: number, hasNop5: boolean): Choice => {
  if (startsWith(code, 0, ENDBR64) && !isX64CallOrBranch(code, 4)) {
    const price = x64Price(code, 4, pageOffset, hasNop5);
    if (price !== 'single_step') return { symbolOffset: 4, price };
  }
  return { symbolOffset: 0, price: x64Price(code, 0, pageOffset, hasNop5) };
};

const ARM64_SIMULATED: readonly (readonly [mask: number, value: number])[] = [
  [0x7c000000, 0x14000000], // b, bl
  [0xff000010, 0x54000000], // b.cond
  [0x7e000000, 0x34000000], // cbz, cbnz
  [0x7e000000, 0x36000000], // tbz, tbnz
  [0x1f000000, 0x10000000], // adr, adrp
  [0xff9ffc1f, 0xd61f0000], // br, blr, ret
];
const ARM64_NOP = 0xd503201f;

/**
 * arm64: always the first instruction, which is nearly always single-stepped (`bti`, `paciasp`, `stp`, `sub`: none is
 * simulated; a nop is on recent kernels only). Never after `paciasp`: the link register is signed there, and a return probe, which replaces it,
 * would make the program's own check fail. What single-stepping costs on arm64 we have not measured.
 */
const chooseArm64 = (code: Buffer): Choice => {
  const word = code.length >= 4 ? code.readUInt32LE(0) : 0;
  const simulated = word === ARM64_NOP || ARM64_SIMULATED.some(([mask, value]) => (word & mask) >>> 0 === value);
  return { symbolOffset: 0, price: simulated ? 'emulated' : 'single_step' };
};

/** Chooses within the first bytes of a function; `fileOffset` is where they lie (its place in the page matters). */
export const chooseSite = (
  machine: ElfFile['machine'],
  firstBytes: Buffer,
  fileOffset: number,
  { hasNop5 = true }: { hasNop5?: boolean } = {},
): ProbeSite => {
  const choice = machine === 'x64' ? chooseX64(firstBytes, fileOffset % PAGE, hasNop5) : chooseArm64(firstBytes);
  return { ...choice, fileOffset: fileOffset + choice.symbolOffset, firstBytes };
};

/**
 * The cheapest place for a probe on the entry (and return) of a function that starts at `fileOffset` of the file.
 * `hasNop5`: the kernel handles 5-byte nops itself (6.18 does, measured; kernels without `is_nop5_insn` single-step them).
 * Throws `elf_unreadable` where the file has no such bytes.
 */
export const probeSite = (elf: ElfFile, symbol: { fileOffset: number }, options?: { hasNop5?: boolean }): ProbeSite => {
  const room = Math.max(0, Math.min(LOOK, elf.size - symbol.fileOffset));
  return chooseSite(elf.machine, elf.read(symbol.fileOffset, room), symbol.fileOffset, options);
};
