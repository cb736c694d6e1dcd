// Reads per-CPU memory that the kernel side writes round and round: the flight recorder and the last block requests.
// Records are found by position (number on its CPU << 10 | CPU), the first word pair of each; nothing is ever freed.
import type { System } from './libbpf.ts';
import { viewOf } from './libbpf.ts';

const CPU_BITS = 1024;

/** Records of a fixed size, by position. A position is a whole number below 2^53. */
export type MemoryRing = {
  readonly cpus: number;
  /** Records that are kept of each CPU. */
  readonly slots: number;
  /** All words; `find` says where a record begins. */
  readonly words: Uint32Array;
  /** Index of the record's first word; -1 when it was overwritten, is being written, or never was. */
  readonly find: (position: number) => number;
  /** Position of the last record of a CPU; 0 when there is none. */
  readonly last: (cpu: number) => number;
  /** Which slot a position falls into: the same for all that overwrite each other. */
  readonly slotOf: (position: number) => number;
};

export const cpuOf = (position: number): number => position % CPU_BITS;
export const numberOf = (position: number): number => Math.floor(position / CPU_BITS);
export const positionOf = (number: number, cpu: number): number => number * CPU_BITS + cpu;

/** A ring over words that are there already. */
export const memoryRingOver = (words: Uint32Array, recordWords: number, slots: number): MemoryRing => {
  const cpus = words.length / recordWords / slots;
  /** Number of the last record known of each CPU. */
  const heads = new Float64Array(cpus);
  const slotOf = (position: number) => cpuOf(position) * slots + (numberOf(position) % slots);
  const find = (position: number) => {
    if (position <= 0 || cpuOf(position) >= cpus) return -1;
    const at = slotOf(position) * recordWords;
    const found = (words[at + 1] ?? 0) * 0x1_0000_0000 + (words[at] ?? 0);
    return found === position ? at : -1;
  };
  const numberIn = (cpu: number, slot: number) => {
    const at = (cpu * slots + slot) * recordWords;
    return numberOf((words[at + 1] ?? 0) * 0x1_0000_0000 + (words[at] ?? 0));
  };
  return {
    cpus,
    slots,
    words,
    find,
    slotOf,
    last: (cpu) => {
      let head = heads[cpu] ?? 0;
      // Far behind: whatever lies in a slot was written in this round or the one before, so a look at all tells.
      if (numberIn(cpu, head % slots) !== head) {
        head = 0;
        for (let slot = 0; slot < slots; slot++) head = Math.max(head, numberIn(cpu, slot));
      } else {
        // Strides double while the record is there, and halve once it is not.
        let step = 1;
        while (step < slots && numberIn(cpu, (head + step) % slots) >= head + step) {
          head = numberIn(cpu, (head + step) % slots);
          step *= 2;
        }
        for (; step >= 1; step = Math.floor(step / 2))
          if (numberIn(cpu, (head + step) % slots) === head + step) head += step;
      }
      heads[cpu] = head;
      return head === 0 ? 0 : positionOf(head, cpu);
    },
  };
};

/** Maps the memory of an array map. Returns undefined when the kernel refuses the mapping. After `close` nothing of it may be read. */
export const mapMemoryRing = (
  system: System,
  fd: number,
  shape: { readonly cpus: number; readonly slots: number; readonly bytes: number },
): (MemoryRing & { readonly close: () => void }) | undefined => {
  const { cpus, slots, bytes } = shape;
  const length = Math.ceil((cpus * slots * bytes) / system.pageSize) * system.pageSize;
  const address = system.mapShared(fd, 0, length, false);
  if (address === undefined) return undefined;
  const words = new Uint32Array(viewOf(address, length), 0, (cpus * slots * bytes) / 4);
  return { ...memoryRingOver(words, bytes / 4, slots), close: () => system.unmap(address, length) };
};
