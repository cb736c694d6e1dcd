// What a recording takes on a machine of some size, worked out from the program's own constants and the maps that its compiled
// objects declare. The document docs/scale.md and the bench `scale-out` are made from it.
import { objects } from '../src/capture/objects.ts';
import { HISTORY, REQUESTS, type Sizes, sizesFor, WINDOW_BYTES } from '../src/capture/sizes.ts';
import { layoutOf } from '../src/catalogue/derive/layout.ts';
import { events } from '../src/catalogue/events.ts';
import { mapBytes, mapTypes } from './map-memory.ts';
import { type BtfMap, readMaps } from './read-btf.ts';

const PAGE = 4096;
/** Of an event in a ring: struct bpf_ringbuf_hdr. */
const RING_HEADER = 8;
const build = new URL('../bpf/build/x64/', import.meta.url).pathname;

/** The host that docs/scale.md speaks of. */
export const LARGE_HOST = {
  cpus: 128,
  threads: 2000,
  switches: 500_000,
  /** Of these switches, those to a thread that is traced. */
  traced: 100_000,
  /** Tasks that nobody traces: the kernel's own threads, and what else runs. */
  others: 3000,
  calls: 200_000,
} as const;

/** Bytes of an event in a ring. */
export const bytesInRing = (name: 'call' | 'off_cpu' | 'stack'): number =>
  Math.ceil((layoutOf(events[name].fields).size + RING_HEADER) / 8) * 8;

/** Maps of a recording, each once, with the entries that the loader gives those whose size depends on the machine. */
export const mapsFor = (cpus: number, sizes: Sizes): readonly BtfMap[] => {
  const declared = new Map(objects.flatMap((name) => readMaps(`${build}${name}.bpf.o`).map((map) => [map.name, map])));
  const entries = new Map([
    [HISTORY.name, cpus * sizes.historySlots],
    [REQUESTS.name, cpus * sizes.requestSlots],
  ]);
  const made = [...declared.values()].map((map) => ({ ...map, entries: entries.get(map.name) ?? map.entries }));
  const ring = { name: 'rings of events', type: mapTypes.ring, key: 0, value: 0, entries: sizes.ringBytes, flags: 0 };
  return [...made, ...Array.from({ length: sizes.rings }, () => ring)];
};

export type MapShare = { readonly name: string; readonly bytes: number };
export type Scale = {
  readonly cpus: number;
  readonly sizes: Sizes;
  /** Kernel memory by map, the largest first; all rings of events are one line. */
  readonly maps: readonly MapShare[];
  readonly kernelBytes: number;
  /** How long the flight recorder remembers, in s, at `switches` a second of all CPUs together, spread evenly. */
  readonly remembered: (switches: number) => number;
  /** How long the reader may stand still before an event is lost, in s, at `bytes` a second: over all rings, and in one. */
  readonly patience: (bytes: number) => readonly [even: number, oneRing: number];
  /** Memory of this program that grows with the CPUs: what it has written of each record of the flight recorder. */
  readonly ownBytes: number;
  /** What it maps of all rings at a time, which counts as its memory too. */
  readonly mappedBytes: number;
};

/** Works it out for a number of possible CPUs. */
export const scaleOf = (cpus: number): Scale => {
  const sizes = sizesFor(cpus, PAGE);
  const byName = Map.groupBy(mapsFor(cpus, sizes), ({ name }) => name);
  const maps = [...byName]
    .map(([name, of]) => ({ name, bytes: of.reduce((sum, map) => sum + mapBytes(map, cpus), 0) }))
    .sort((a, b) => b.bytes - a.bytes || a.name.localeCompare(b.name));
  return {
    cpus,
    sizes,
    maps,
    kernelBytes: maps.reduce((sum, { bytes }) => sum + bytes, 0),
    remembered: (switches) => (cpus * sizes.historySlots) / switches,
    patience: (bytes) => [(sizes.rings * sizes.ringBytes) / bytes, sizes.ringBytes / bytes],
    ownBytes: 2 * 8 * cpus * sizes.historySlots,
    mappedBytes: sizes.rings * Math.min(2 * sizes.ringBytes, WINDOW_BYTES),
  };
};
