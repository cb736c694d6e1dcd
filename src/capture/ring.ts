// Reads a BPF ring buffer through its mapping: no system call and no foreign call for an event.
// Layout: kernel/bpf/ringbuf.c (consumer page, producer page, data mapped twice) and linux/bpf.h for the record header.
import type { System } from './libbpf.ts';
import { viewOf } from './libbpf.ts';
import { WINDOW_BYTES } from './sizes.ts';

const BUSY = 0x8000_0000;
const DISCARDED = 0x4000_0000;
const HEADER = 8;
/** Bytes that can be read from the start of a record on: more than any event has. */
const LARGEST = 64 * 1024;

/** Called with the ring's words and the index of the event's first word. The words are valid during the call only. */
export type EventHandler = (words: Uint32Array, at: number) => void;

export type Ring = {
  readonly size: number;
  /** Hands over what is complete, at most `limit` events, and frees it. Returns how many: none while it is handing over already. */
  readonly drain: (handle: EventHandler, limit: number) => number;
  /** Bytes that wait to be read. */
  readonly waiting: () => number;
  /** Gives the mapping back. From then on there is nothing to read. */
  readonly close: () => void;
};

/** What a ring consists of: its two positions, and its words twice, one after the other, so that no event is torn. */
type RingMemory = {
  readonly size: number;
  readonly consumer: BigInt64Array;
  readonly producer: BigInt64Array;
  /** All of them, or those from some byte on where there is `moveTo`. */
  readonly words: Uint32Array;
  /** Has `words` begin at a byte of the data (0 to size), or shortly before it; returns where. Undefined when that cannot be. */
  readonly moveTo?: (byte: number) => number | undefined;
  /** Gives the memory back. */
  readonly release?: () => void;
};

/** A ring of `size` bytes (a power of two) over memory that is there already. */
export const ringOver = ({ size, consumer, producer, words, moveTo, release }: RingMemory): Ring => {
  const mask = size - 1;
  const visible = words.byteLength;
  let position = Number(consumer[0]);
  /** The byte of the data at which `words` begin. */
  let start = 0;
  let isOpen = true;
  let isReadable = true;
  let isDraining = false;
  /** The byte of `words` at which the record at `position` begins, once it is among them. */
  const show = (): number => {
    const byte = position & mask;
    const moved = moveTo === undefined ? start : moveTo(byte);
    if (moved === undefined) {
      isReadable = false;
      throw new Error('a ring could not be mapped any further');
    }
    start = moved;
    return byte - start;
  };
  return {
    size,
    waiting: () => (isReadable ? Number(Atomics.load(producer, 0)) - position : 0),
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      isReadable = false;
      release?.();
    },
    drain: (handle, limit) => {
      if (!isReadable || isDraining) return 0;
      isDraining = true;
      const end = Number(Atomics.load(producer, 0));
      let count = 0;
      let freed = position;
      try {
        while (position < end && count < limit) {
          let from = (position & mask) - start;
          if (from < 0 || from + LARGEST > visible) from = show();
          const header = Atomics.load(words, from >>> 2);
          if ((header & BUSY) !== 0) break;
          const length = header & ~(BUSY | DISCARDED);
          if ((header & DISCARDED) === 0) {
            handle(words, (from + HEADER) >>> 2);
            count++;
          }
          position += (length + HEADER + 7) & ~7;
          // Freed in steps, so that a full ring takes events again before all of it has been read.
          if (position - freed > size >>> 4) {
            Atomics.store(consumer, 0, BigInt(position));
            freed = position;
          }
        }
      } finally {
        isDraining = false;
      }
      if (position !== freed) Atomics.store(consumer, 0, BigInt(position));
      return count;
    },
  };
};

/**
 * Maps a ring of `size` bytes (a power of two), as much of it as `windowBytes` at a time; its descriptor must stay open until it is
 * closed. Returns undefined when the kernel refuses the mapping.
 */
export const mapRing = (system: System, fd: number, size: number, windowBytes = WINDOW_BYTES): Ring | undefined => {
  const { pageSize, mapShared } = system;
  const data = 2 * pageSize;
  const visible = Math.min(2 * size, windowBytes);
  const consumerAt = mapShared(fd, 0, pageSize, true);
  const producerAt = mapShared(fd, pageSize, pageSize, false);
  const wordsAt = mapShared(fd, data, visible, false);
  if (consumerAt === undefined || producerAt === undefined || wordsAt === undefined) return undefined;
  const moveTo = (byte: number) => {
    const from = byte - (byte % pageSize);
    return mapShared(fd, data + from, visible, false, wordsAt) === undefined ? undefined : from;
  };
  return ringOver({
    size,
    consumer: new BigInt64Array(viewOf(consumerAt, pageSize), 0, 1),
    producer: new BigInt64Array(viewOf(producerAt, pageSize), 0, 1),
    words: new Uint32Array(viewOf(wordsAt, visible)),
    ...(visible < 2 * size ? { moveTo } : {}),
    release: () => {
      system.unmap(consumerAt, pageSize);
      system.unmap(producerAt, pageSize);
      system.unmap(wordsAt, visible);
    },
  });
};
