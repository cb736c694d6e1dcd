// The code that the kernel puts into every process (`[vdso]`), as an ELF file: it is the same in all of them, so ours will do.
// Must not know what is wanted of it. Source: vdso(7).

import { readFileSync } from 'node:fs';
import { parseMaps } from '../maps.ts';
import { lookIntoMemory } from '../process-memory.ts';
import { attempt } from './attempt.ts';
import { type ElfFile, elfInMemory } from './elf.ts';

const MAX_BYTES = 64 * 1024;

/** The vdso of 64-bit programs; undefined where the kernel gives none. */
export const openVdso = (): ElfFile | undefined => {
  const own = parseMaps(readFileSync('/proc/self/maps', 'utf8')).find(({ path }) => path === '[vdso]');
  if (!own || own.end - own.start > MAX_BYTES) return undefined;
  const bytes = lookIntoMemory(process.pid, (read) => read(own.start, own.end - own.start));
  return bytes && attempt(() => elfInMemory('[vdso]', bytes));
};
