// Reads a BPF ring buffer through its mapping: no system call and no foreign call for an event.
// Layout: kernel/bpf/ringbuf.c (consumer page, producer page, data mapped twice) and linux/bpf.h for the record header.
import type { Address, System } from './libbpf.ts';
import { viewOf } from './libbpf.ts';

const BUSY = 0x8000_0000;
const DISCARDED = 0x4000_0000;
const HEADER = 8;

/** Called with the ring's words and the index of the event's first word. The words are valid during the call only. */
export type EventHandler = (words: Uint32Array, at: number) => void;

export type Ring = {
  readonly size: number;
  /** Hands over what is complete, at most `limit` events, and frees it. Returns how many. */
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
  readonly words: Uint32Array;
  /** Gives the memory back. */
  readonly release?: () => void;
};

/** A ring of `size` bytes (a power of two) over memory that is there already. */
export const ringOver = ({ size, consumer, producer, words, release }: RingMemory): Ring => {
  const mask = size - 1;
  let position = Number(consumer[0]);
  let closed = false;
  return {
    size,
    waiting: () => (closed ? 0 : Number(Atomics.load(producer, 0)) - position),
    close: () => {
      if (closed) return;
      closed = true;
      release?.();
    },
    drain: (handle, limit) => {
      if (closed) return 0;
      const end = Number(Atomics.load(producer, 0));
      let count = 0;
      let freed = position;
      while (position < end && count < limit) {
        const at = (position & mask) >>> 2;
        const header = Atomics.load(words, at);
        if ((header & BUSY) !== 0) break;
        const length = header & ~(BUSY | DISCARDED);
        if ((header & DISCARDED) === 0) {
          handle(words, at + HEADER / 4);
          count++;
        }
        position += (length + HEADER + 7) & ~7;
        // Freed in steps, so that a full ring takes events again before all of it has been read.
        if (position - freed > size >>> 4) {
          Atomics.store(consumer, 0, BigInt(position));
          freed = position;
        }
      }
      if (position !== freed) Atomics.store(consumer, 0, BigInt(position));
      return count;
    },
  };
};

/** Maps a ring of `size` bytes (a power of two). Returns undefined when the kernel refuses the mapping. */
export const mapRing = (system: System, fd: number, size: number): Ring | undefined => {
  const { pageSize } = system;
  const consumerAt: Address | undefined = system.mapShared(fd, 0, pageSize, true);
  const producerAt: Address | undefined = system.mapShared(fd, pageSize, pageSize + 2 * size, false);
  if (consumerAt === undefined || producerAt === undefined) return undefined;
  const shared = viewOf(producerAt, pageSize + 2 * size);
  return ringOver({
    size,
    consumer: new BigInt64Array(viewOf(consumerAt, pageSize), 0, 1),
    producer: new BigInt64Array(shared, 0, 1),
    words: new Uint32Array(shared, pageSize, (2 * size) / 4),
    release: () => {
      system.unmap(consumerAt, pageSize);
      system.unmap(producerAt, pageSize + 2 * size);
    },
  });
};
