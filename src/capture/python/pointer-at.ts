// A pointer in the memory of another process. Must not know what it leads to.
import type { ReadMemory } from '../process-memory.ts';
import { readU64 } from '../symbols/elf.ts';

/** The pointer at an address; NaN where that cannot be read. */
export const pointerAt = (read: ReadMemory, address: number): number => {
  const bytes = read(address, 8);
  return bytes ? readU64(bytes, 0) : Number.NaN;
};
