// How much kernel memory a BPF map takes, by its shape and the number of possible CPUs: as the kernel itself accounts for it,
// in array_map_mem_usage, htab_map_mem_usage and ringbuf_map_mem_usage of kernel/bpf/ (`memlock` in /proc/PID/fdinfo).
import type { BtfMap } from './read-btf.ts';

/** include/uapi/linux/bpf.h */
export const mapTypes = {
  hash: 1,
  array: 2,
  perCpuArray: 6,
  lruHash: 9,
  arrayOfMaps: 12,
  ring: 27,
  taskStorage: 29,
} as const;
const NO_PREALLOC = 1;
const MMAPABLE = 1 << 10;
const PAGE = 4096;
/** The map itself, whatever it holds. */
const HEAD = 512;
/** struct htab_elem before its key, struct bucket, and a lock of a CPU for each eighth of the buckets. */
const ELEMENT = 48;
const BUCKET = 16;
const LOCKS = 8 * 4;
/** Pages of a ring that are not data: the kernel's own, the reader's position, the writers'. */
const RING_PAGES = 3;

const upTo = (bytes: number, step: number) => Math.ceil(bytes / step) * step;
const hash = ({ type, key, value, entries, flags }: BtfMap, cpus: number): number => {
  const element = ELEMENT + upTo(key, 8) + upTo(value, 8);
  const buckets = 2 ** Math.ceil(Math.log2(Math.max(1, entries))) * BUCKET + cpus * LOCKS;
  if ((flags & NO_PREALLOC) !== 0) return HEAD + buckets;
  // Elements to spare, one for each CPU, and the table of them; least-recently-used maps have lists instead.
  const spare = type === mapTypes.lruHash ? 0 : cpus * (element + 8);
  return HEAD + buckets + element * entries + spare;
};

/** Bytes of a map on a machine that may have `cpus` CPUs. What is made for each task or on demand is not in it. */
export const mapBytes = (map: BtfMap, cpus: number): number => {
  const { type, value, entries, flags } = map;
  const element = upTo(value, 8);
  switch (type) {
    case mapTypes.hash:
    case mapTypes.lruHash:
      return hash(map, cpus);
    case mapTypes.array:
    case mapTypes.arrayOfMaps:
      return (flags & MMAPABLE) !== 0 ? PAGE + upTo(entries * element, PAGE) : HEAD + entries * element;
    case mapTypes.perCpuArray:
      return HEAD + entries * (8 + cpus * element);
    case mapTypes.ring:
      // Each page of data is mapped twice, and has two places in the table of pages.
      return HEAD + entries + RING_PAGES * PAGE + (RING_PAGES + (2 * entries) / PAGE) * 8;
    case mapTypes.taskStorage:
      return HEAD;
    default:
      throw new Error(`no formula for maps of type ${type}, such as ${map.name}`);
  }
};
