// Calls: how they lie in one another is worked out from their times, and they are written in the order in which they returned.
import type { RecordingWriter } from '../../store/writer.ts';
import type { Event } from './events.ts';
import type { Threads } from './names.ts';
import { argumentsOf, type Ops } from './ops.ts';
import type { Stacks } from './stacks.ts';

type Pending = { readonly end: number; readonly write: () => void };

/** Events by their end, the earliest first. */
const createQueue = () => {
  const heap: Pending[] = [];
  const at = (i: number): number => heap[i]?.end ?? Number.POSITIVE_INFINITY;
  const swap = (a: number, b: number) => {
    const [first, second] = [heap[a], heap[b]];
    if (first === undefined || second === undefined) return;
    heap[a] = second;
    heap[b] = first;
  };
  return {
    add: (pending: Pending) => {
      heap.push(pending);
      for (let i = heap.length - 1; i > 0; ) {
        const parent = (i - 1) >> 1;
        if (at(parent) <= at(i)) break;
        swap(i, parent);
        i = parent;
      }
    },
    /** Takes the earliest out when it ended by then. */
    take: (until: number): Pending | undefined => {
      const first = heap[0];
      if (first === undefined || first.end > until) return undefined;
      swap(0, heap.length - 1);
      heap.pop();
      for (let i = 0; ; ) {
        const least = at(2 * i + 1) <= at(2 * i + 2) ? 2 * i + 1 : 2 * i + 2;
        if (at(least) >= at(i)) break;
        swap(i, least);
        i = least;
      }
      return first;
    },
  };
};

type Parts = {
  readonly writer: RecordingWriter;
  readonly threads: Threads;
  readonly ops: Ops;
  readonly stacks: Stacks;
  /** Told of each call when it is written: the row that it comes from, and its id. */
  readonly onWritten: (row: number, id: number) => void;
};

/** Addresses are kept as signed numbers. */
const unsigned = (word: number): number => (word < 0 ? word + 2 ** 64 : word);

export const createCalls = ({ writer, threads, ops, stacks, onWritten }: Parts) => {
  const queue = createQueue();
  /** Ends of the calls that each thread is in, the outermost first. */
  const inside = new Map<number, number[]>();
  let count = 0;
  const advance = (until: number) => {
    for (let next = queue.take(until); next !== undefined; next = queue.take(until)) next.write();
  };
  return {
    /** Takes a call, in the order of their starts; false when the catalogue has no such call. */
    add: (event: Event): boolean => {
      const mapped = ops.callOf(event.source, event.op);
      if (mapped === undefined) return false;
      const { start, end, tid, duration, ret } = event;
      advance(start);
      const open = inside.get(tid) ?? [];
      inside.set(tid, open);
      while (open.length > 0 && (open.at(-1) ?? 0) <= start) open.pop();
      const depth = open.length;
      open.push(end);
      queue.add({
        end,
        write: () => {
          const { values, ptr } = argumentsOf(mapped, unsigned(event.arg0), unsigned(event.arg1));
          const thread = threads.idOf(event);
          const pid = threads.seen.get(tid) ?? event.pid;
          const taken = stacks.take(event.stack, pid, mapped.id);
          writer.call(start, duration, thread, mapped.id, depth, ret, writer.argumentsId(values, false), ptr, taken);
          writer.totals.add(pid, mapped.id, end, duration, ret !== 0);
          onWritten(event.row, ++count);
        },
      });
      return true;
    },
    /** Writes what is left. */
    finish: () => advance(Number.POSITIVE_INFINITY),
    count: () => count,
  };
};
