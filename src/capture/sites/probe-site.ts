// Chooses where in each function of a file its probes sit, because that decides their price: some instructions are carried out
// by the kernel itself, all others are single-stepped in the program. Must not attach anything.
//
// Entry and return share a place: a second one would be a second trap. The return probe swaps the return address, so at that
// place it must lie where it lay at the entry, and the arguments too; and the program must come there once a call.

import type { ElfFile } from '../symbols/elf.ts';
import { symbolSections, visitFunctions } from '../symbols/elf-symbols.ts';
import { candidatesArm64, jumpsBlindlyArm64, visitJumpsArm64 } from './arm64-site.ts';
import { type Candidate, type NopKinds, PRICES, type ProbePrice, priceClasses } from './prices.ts';
import { BESIDE, visitLongJumps, visitShortJumps } from './x64-jumps-into.ts';
import { candidatesX64, isPlainX64, jumpTargetsX64 } from './x64-site.ts';

/** Where to put a probe: `fileOffset` for the attach call, `symbolOffset` bytes into the function. */
export type ProbeSite = { readonly fileOffset: number; readonly symbolOffset: number; readonly price: ProbePrice };

/** A function of the file: `size` in bytes, 0 where the file does not tell. */
export type ProbedFunction = { readonly address: number; readonly size: number; readonly fileOffset: number };

const LOOK = 64;
/** A function larger than this is probed at its start: to read it whole would take too long. */
const LARGEST = 64 * 1024;
const PIECE = 1 << 20;
/** Bytes of an instruction that begins in one piece may lie in the next. */
const OVERLAP = 8;
/** More code than this is not searched for jumps into a function. */
const MOST_CODE = 64 << 20;

type Choice = {
  readonly symbol: ProbedFunction;
  /** What needs no more than the first bytes to be sure of. */
  readonly plain: Candidate;
  /** What is cheaper and as right, unless code elsewhere in the file jumps to it. */
  readonly wish: Candidate | undefined;
};

const rank = ({ price }: Candidate): number => PRICES.indexOf(price);
const cheapest = (candidates: readonly Candidate[]): Candidate =>
  candidates.reduce((best, each) => (rank(each) < rank(best) ? each : best), candidates[0] ?? START);
const START: Candidate = { offset: 0, price: 'single_step' };

const codeOf = (elf: ElfFile, fileOffset: number, size: number): Buffer =>
  elf.read(fileOffset, Math.max(0, Math.min(size, elf.size - fileOffset)));

const jumpsOf = (elf: ElfFile, { address, size, fileOffset }: ProbedFunction): ReadonlySet<number> | undefined => {
  if (size === 0 || size > LARGEST) return undefined;
  const code = codeOf(elf, fileOffset, size);
  if (elf.machine === 'x64') return jumpTargetsX64(code);
  if (jumpsBlindlyArm64(code)) return undefined;
  const targets = new Set<number>();
  visitJumpsArm64(code, address, (target) => targets.add(target - address));
  return targets;
};

const leadsBefore = (targets: ReadonlySet<number>, offset: number): boolean => {
  for (const target of targets) if (target > 0 && target <= offset) return true;
  return false;
};

const choose = (elf: ElfFile, symbol: ProbedFunction, nops: NopKinds): Choice => {
  const { fileOffset, size } = symbol;
  const code = codeOf(elf, fileOffset, size > 0 ? Math.min(size, LOOK) : LOOK);
  const isX64 = elf.machine === 'x64';
  const candidates = isX64 ? candidatesX64(code, fileOffset, nops) : candidatesArm64(code, nops);
  const plain = cheapest(candidates.filter(({ offset }) => offset === 0 || (isX64 && isPlainX64(code, offset))));
  const cheaper = candidates.filter((each) => rank(each) < rank(plain)).sort((a, b) => rank(a) - rank(b));
  const jumps = cheaper.length > 0 ? jumpsOf(elf, symbol) : undefined;
  const wish = jumps && cheaper.find(({ offset }) => !leadsBefore(jumps, offset));
  return { symbol, plain, wish };
};

/** Those of the addresses to which code of the file jumps, or at which another function begins; all where that is not known. */
const jumpedTo = (
  elf: ElfFile,
  addresses: ReadonlySet<number>,
  functions: readonly ProbedFunction[],
): ReadonlySet<number> => {
  const found = new Set<number>();
  if (addresses.size === 0) return found;
  const code = elf.segments.filter(({ executable }) => executable);
  if (!(code.reduce((sum, { fileSize }) => sum + fileSize, 0) <= MOST_CODE)) return addresses;
  const visit = (target: number) => {
    if (addresses.has(target)) found.add(target);
  };
  // A second name in the middle of a function is a second way into it.
  for (const table of Object.values(symbolSections(elf)))
    if (table) visitFunctions(elf, table, ({ address }) => visit(address));
  const visitJumps = elf.machine === 'x64' ? visitLongJumps : visitJumpsArm64;
  for (const { offset, address, fileSize } of code)
    for (let at = 0; at < fileSize; at += PIECE)
      visitJumps(elf.read(offset + at, Math.min(PIECE + OVERLAP, fileSize - at)), address + at, visit);
  if (elf.machine !== 'x64') return found;
  for (const { address, size, fileOffset } of functions) {
    const before = Math.min(BESIDE, fileOffset);
    const after = fileOffset + size;
    const offsets = [
      [fileOffset - before, before],
      [after, Math.min(BESIDE, elf.size - after)],
    ] as const;
    for (const [from, bytes] of offsets)
      visitShortJumps(elf.read(from, Math.max(0, bytes)), (target) => visit(address + from - fileOffset + target));
  }
  return found;
};

const reachOf = ({ symbol, wish }: Choice): readonly number[] =>
  Array.from({ length: wish?.offset ?? 0 }, (_, i) => symbol.address + 1 + i);

/**
 * The cheapest place for the probes on entry and return of each function, in the order given. `nops` says what the kernel does
 * with nops. A place behind the start is one that the instructions before it leave as it was, with no relative jump of the file to it or
 * to anything between; tables of addresses are not followed. Throws `elf_unreadable` where the file has no such bytes.
 */
export const probeSites = (
  elf: ElfFile,
  functions: readonly ProbedFunction[],
  nops: NopKinds,
): readonly ProbeSite[] => {
  const choices = functions.map((symbol) => choose(elf, symbol, nops));
  const wishes = choices.filter(({ wish }) => wish !== undefined);
  const addresses = new Set(wishes.flatMap(reachOf));
  const barred = jumpedTo(
    elf,
    addresses,
    wishes.map(({ symbol }) => symbol),
  );
  return choices.map((choice) => {
    const { symbol, plain, wish } = choice;
    const isBarred = reachOf(choice).some((address) => barred.has(address));
    const { offset, price } = wish === undefined || isBarred ? plain : wish;
    return { fileOffset: symbol.fileOffset + offset, symbolOffset: offset, price };
  });
};

/** How a place and its price are shown: `+4 push`. */
export const siteText = ({ symbolOffset, price }: Pick<ProbeSite, 'symbolOffset' | 'price'>): string =>
  `+${symbolOffset} ${price}`;

/** What one hit costs, in ns: see `priceClasses`. */
export const priceNs = (price: ProbePrice): number => priceClasses[price].ns;
