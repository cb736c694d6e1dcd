// Reads per-CPU memory that the kernel side writes round and round: the flight recorder and the last block requests.
// Records are found by position (number on its CPU << 10 | CPU), the first word pair of each; nothing is ever freed.
import type { System } from './libbpf.ts';
import { viewOf } from './libbpf.ts';

const CPU_BITS = 1024;
/** Bytes that are mapped together, in whole pages of any size. */
const CHUNK_BYTES = 64 * 1024;

/** Records of a fixed size, by position. A position is a whole number below 2^53. */
export type MemoryRing = {
  readonly cpus: number;
  /** Records that are kept of each CPU. */
  readonly slots: number;
  /** All words; `find` says where a record begins. Only what it found may be read, and only until `rest` is called. */
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

/** A ring over words that are there already, or are brought there when they are to be read: `bring` gets a record's first. */
export const memoryRingOver = (
  words: Uint32Array,
  recordWords: number,
  slots: number,
  bring: (at: number) => void = () => {},
): MemoryRing => {
  const cpus = words.length / recordWords / slots;
  /** Number of the last record known of each CPU. */
  const heads = new Float64Array(cpus);
  const slotOf = (position: number) => cpuOf(position) * slots + (numberOf(position) % slots);
  const find = (position: number) => {
    if (position <= 0 || cpuOf(position) >= cpus) return -1;
    const at = slotOf(position) * recordWords;
    bring(at);
    const found = (words[at + 1] ?? 0) * 0x1_0000_0000 + (words[at] ?? 0);
    return found === position ? at : -1;
  };
  const numberIn = (cpu: number, slot: number) => {
    const at = (cpu * slots + slot) * recordWords;
    bring(at);
    return numberOf((words[at + 1] ?? 0) * 0x1_0000_0000 + (words[at] ?? 0));
  };
  /**
   * Number of the last record of a CPU of which nothing is known: from the first slot on numbers rise by one, up to it. The slot
   * after it is of the round before, or is being written and tells none.
   */
  const newest = (cpu: number): number => {
    const first = numberIn(cpu, 0);
    // Number 0 there is none of: then this is the first round, or the beginning of another that is just being written.
    const before = first === 0 ? numberIn(cpu, slots - 1) : 0;
    if (before !== 0) return before;
    let low = 0;
    let high = slots - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (numberIn(cpu, middle) === first + middle) low = middle;
      else high = middle - 1;
    }
    return first + low;
  };
  return {
    cpus,
    slots,
    words,
    find,
    slotOf,
    last: (cpu) => {
      let head = heads[cpu] ?? 0;
      // Far behind: it was overwritten.
      if (numberIn(cpu, head % slots) !== head) head = newest(cpu);
      // Strides double while the record is there, and halve once it is not.
      let step = 1;
      while (step < slots && numberIn(cpu, (head + step) % slots) >= head + step) {
        head = numberIn(cpu, (head + step) % slots);
        step *= 2;
      }
      for (; step >= 1; step = Math.floor(step / 2))
        if (numberIn(cpu, (head + step) % slots) === head + step) head += step;
      heads[cpu] = head;
      return head === 0 ? 0 : positionOf(head, cpu);
    },
  };
};

/** Memory of which only what is looked at is mapped: what is mapped counts as memory of this program. */
export type MappedRing = MemoryRing & {
  /** Gives back what was not looked at since the last time. */
  readonly rest: () => void;
  /** Bytes that are mapped now. */
  readonly mappedBytes: () => number;
  readonly close: () => void;
};

/** States of a chunk. */
const AWAY = 0;
const RESTING = 1;
const USED = 2;

/**
 * Maps the memory of an array map, whose descriptor must stay open. Returns undefined when the kernel refuses the mapping. After
 * `close` nothing of it may be read.
 */
export const mapMemoryRing = (
  system: System,
  fd: number,
  shape: { readonly cpus: number; readonly slots: number; readonly bytes: number },
): MappedRing | undefined => {
  const { cpus, slots, bytes } = shape;
  const length = Math.ceil((cpus * slots * bytes) / system.pageSize) * system.pageSize;
  const address = system.reserve(length);
  if (address === undefined) return undefined;
  const words = new Uint32Array(viewOf(address, length), 0, (cpus * slots * bytes) / 4);
  const chunks = new Uint8Array(Math.ceil(length / CHUNK_BYTES));
  const sizeOf = (chunk: number) => Math.min(CHUNK_BYTES, length - chunk * CHUNK_BYTES);
  const placeOf = (chunk: number) => address + BigInt(chunk * CHUNK_BYTES);
  const use = (chunk: number): boolean => {
    const from = chunk * CHUNK_BYTES;
    if (chunks[chunk] === AWAY && system.mapShared(fd, from, sizeOf(chunk), false, placeOf(chunk)) === undefined)
      return false;
    chunks[chunk] = USED;
    return true;
  };
  const bring = (at: number): void => {
    const first = Math.floor((at * 4) / CHUNK_BYTES);
    const last = Math.floor((at * 4 + bytes - 1) / CHUNK_BYTES);
    if (chunks[first] === USED && chunks[last] === USED) return;
    if (!use(first) || !use(last)) throw new Error('memory of the kernel side could not be mapped');
  };
  // What cannot be mapped now could not be later.
  if (!use(0)) {
    system.unmap(address, length);
    return undefined;
  }
  return {
    ...memoryRingOver(words, bytes / 4, slots, bring),
    rest: () => {
      for (const [chunk, state] of chunks.entries()) {
        if (state === USED) chunks[chunk] = RESTING;
        else if (state === RESTING && system.reserve(sizeOf(chunk), placeOf(chunk)) !== undefined) chunks[chunk] = AWAY;
      }
    },
    mappedBytes: () => chunks.reduce((sum, state, chunk) => sum + (state === AWAY ? 0 : sizeOf(chunk)), 0),
    close: () => system.unmap(address, length),
  };
};
