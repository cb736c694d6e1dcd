// Address -> function of one ELF file: sorted arrays and a binary search. Names stay in the file until one is asked for,
// so a binary with 150,000 functions costs 3 MB here. Keeps the file open: it still answers after the file was deleted.
// Must not know of processes.

import { type ElfFile, type ElfSection, textAt } from './elf.ts';
import { stringsOf, symbolCount, symbolSections, visitFunctions } from './elf-symbols.ts';

/** A function that covers an address: where it starts (virtual address in the file), and its mangled name. */
export type NamedAddress = { start: number; name: string };
/** `find` takes a virtual address of the file. `memoryBytes` is what the arrays hold. */
export type SymbolTable = {
  count: number;
  memoryBytes: number;
  find: (address: number) => NamedAddress | undefined;
};

const MAX_NAME = 4096;
/** How many functions before the nearest one may still enclose an address (cold parts, nested assembly labels). */
const ENCLOSING_TRIES = 8;
const MAX_UNSIZED = 65_536;
// Of several names for one address people know the global one; weak (2) ones are aliases, local (0) ones internal.
const bindingRank = (binding: number): number => (binding === 1 ? 0 : binding === 2 ? 1 : 2);

type Columns = { count: number; start: Float64Array; size: Float64Array; nameAt: Uint32Array };

const readColumns = (elf: ElfFile, table: ElfSection): Columns => {
  const capacity = symbolCount(elf, table);
  const start = new Float64Array(capacity);
  const size = new Float64Array(capacity);
  const nameAt = new Uint32Array(capacity);
  const rank = new Uint8Array(capacity);
  let count = 0;
  visitFunctions(elf, table, (entry) => {
    start[count] = entry.address;
    size[count] = entry.size;
    nameAt[count] = entry.nameAt;
    rank[count] = bindingRank(entry.binding);
    count++;
  });
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  order.sort((a, b) => (start[a] ?? 0) - (start[b] ?? 0) || (rank[a] ?? 0) - (rank[b] ?? 0) || a - b);
  const sorted: Columns = {
    count: 0,
    start: new Float64Array(count),
    size: new Float64Array(count),
    nameAt: new Uint32Array(count),
  };
  let last = -1;
  for (const i of order) {
    const address = start[i] ?? 0;
    if (address === last) continue;
    last = address;
    sorted.start[sorted.count] = address;
    sorted.size[sorted.count] = size[i] ?? 0;
    sorted.nameAt[sorted.count] = nameAt[i] ?? 0;
    sorted.count++;
  }
  return sorted;
};

/** Index of the last start that is not after the address, or -1. */
const lastNotAfter = (starts: Float64Array, count: number, address: number): number => {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
};

/**
 * Builds the table from `.symtab`, or from `.dynsym` where the file is stripped. Throws `elf_unreadable` on a damaged
 * file. The table reads names from `elf`, which must stay open as long as the table is used.
 */
export const loadSymbolTable = (elf: ElfFile): SymbolTable => {
  const { dynamic, full } = symbolSections(elf);
  const source = full ?? dynamic;
  if (!source) return { count: 0, memoryBytes: 0, find: () => undefined };
  const { count, start, size, nameAt } = readColumns(elf, source);
  const strings = stringsOf(elf, source);
  const nameOf = (index: number): string => {
    const at = nameAt[index] ?? 0;
    const room = Math.min(MAX_NAME, strings.size - at);
    return room > 0 ? textAt(elf.read(strings.offset + at, room), 0).replace(/@.*$/, '') : '';
  };
  const find = (address: number): NamedAddress | undefined => {
    const nearest = lastNotAfter(start, count, address);
    for (let i = nearest; i >= 0 && i > nearest - ENCLOSING_TRIES; i--) {
      const from = start[i] ?? 0;
      const length = size[i] ?? 0;
      // A size of 0 is hand-written assembly: it reaches to the next function, within reason.
      if (!(length === 0 ? i === nearest && address - from < MAX_UNSIZED : address < from + length)) continue;
      const name = nameOf(i);
      return name === '' ? undefined : { start: from, name };
    }
    return undefined;
  };
  return { count, memoryBytes: start.byteLength + size.byteLength + nameAt.byteLength, find };
};
