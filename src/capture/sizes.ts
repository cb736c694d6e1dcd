// How large what the kernel side shares with this program is, by the number of CPUs that the machine may have. Arithmetic
// only; docs/scale.md is worked out from it.
import { layoutOf } from '../catalogue/derive/layout.ts';
import { kernelStructs } from '../catalogue/kernel-structs.ts';

/** CPUs that share a ring: more of them slow each other down at its lock. */
export const CPUS_PER_RING = 8;
/** As many as the kernel side has places for (`rings` of bpf/emit.h). */
export const MAX_RINGS = 64;
/** Positions in the memory of a CPU carry its number in 10 bits (bpf/cpu.h). */
export const MOST_CPUS = 1024;
const MIB = 1 << 20;
/** All rings together, by default: at the 60 MB/s of 500,000 calls/s this is one second. */
const RING_BYTES = 64 * MIB;
/** A ring at least, by default: 8 CPUs that make 60 MB/s of events together have 70 ms until somebody must read. */
const LEAST_RING_BYTES = 4 * MIB;

/**
 * Bytes of a ring that are mapped at a time: what is mapped counts as memory of this program, whether it was looked at or not.
 * To go on to the next part takes 20 us, so at 100 MB/s this is 0.4 % of a CPU.
 */
export const WINDOW_BYTES = 512 * 1024;

/** Memory in which each CPU writes records of a fixed size round and round. */
export type RecordMemory = {
  /** The map's name. */
  readonly name: string;
  /** Bytes of a CPU at most, and of all CPUs together. */
  readonly aCpu: number;
  readonly most: number;
  /** Bytes of a record. */
  readonly record: number;
};
/** The flight recorder: on two CPUs that switch 100,000 times a second each, this is more than a second. */
export const HISTORY: RecordMemory = {
  name: 'history',
  aCpu: 16 * MIB,
  most: 128 * MIB,
  record: layoutOf(kernelStructs.history.fields).size,
};
export const REQUESTS: RecordMemory = {
  name: 'completed',
  aCpu: MIB,
  most: 8 * MIB,
  record: layoutOf(kernelStructs.block_request.fields).size,
};

export type Sizes = {
  /** CPU number >> this is the number of its ring. */
  readonly shardShift: number;
  readonly rings: number;
  /** Bytes of each ring, a power of two. */
  readonly ringBytes: number;
  /** Records of the flight recorder, and block requests, that are kept of each CPU: powers of two. */
  readonly historySlots: number;
  readonly requestSlots: number;
};

/** Largest power of two up to n. */
const powerOfTwo = (n: number) => 2 ** Math.floor(Math.log2(n));
const slotsFor = (cpus: number, { aCpu, most, record }: RecordMemory) =>
  powerOfTwo(Math.min(aCpu, most / cpus) / record);

/** Sizes for a machine that may have `cpus` CPUs. With `ringBytes` all rings together are no larger, as far as a page allows. */
export const sizesFor = (cpus: number, pageSize: number, ringBytes?: number): Sizes => {
  const shardShift = Math.ceil(Math.log2(Math.max(CPUS_PER_RING, cpus / MAX_RINGS)));
  const rings = ((cpus - 1) >> shardShift) + 1;
  const aRing = ringBytes === undefined ? Math.max(LEAST_RING_BYTES, RING_BYTES / rings) : ringBytes / rings;
  return {
    shardShift,
    rings,
    ringBytes: Math.max(pageSize, powerOfTwo(aRing)),
    historySlots: slotsFor(cpus, HISTORY),
    requestSlots: slotsFor(cpus, REQUESTS),
  };
};
