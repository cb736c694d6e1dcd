// Block requests: from the memory of the kernel side to rows, each once. Kept are those that a wait ended with, those that a
// traced process gave to the block layer, and large or slow ones of others that a disk had while somebody waited long for it.
import type { Clock } from '../capture/clock.ts';
import { textAt, timeSince, wide, wordsOf } from '../capture/event-words.ts';
import { type MemoryRing, numberOf, positionOf } from '../capture/memory-ring.ts';
import { kernelStructs } from '../catalogue/kernel-structs.ts';
import type { WaitWriter } from '../store/wait-writer.ts';
import type { Threads } from './threads.ts';

const field = wordsOf(kernelStructs.block_request.fields);
const R = {
  queued: field('queued'),
  issued: field('issued'),
  completed: field('completed'),
  sector: field('sector'),
  bytes: field('bytes'),
  device: field('device'),
  op: field('op'),
  pid: field('pid'),
  tid: field('tid'),
  error: field('error'),
  comm: field('comm'),
} as const;
const READ = 0;
/** Who waited longer for a disk, in ns, wants to know for whom else it worked: by requests that are large or slow. */
const LONG_WAIT = 1e6;
const LARGE_BYTES = 65_536;
const SLOW = 1e6;
/** Requests that are looked at for one wait. */
const LOOKED_AT = 512;

/** Who waited for a request, and since when. `writes`: it waits for what others write, as fsync does. */
export type Waiter = { readonly tid: number; readonly thread: number; readonly off: number; readonly writes: boolean };

export type Requests = {
  /** Id of the row of the request that woke somebody; undefined when it has been overwritten. */
  readonly idOf: (position: number, waiter: Waiter) => number | undefined;
  /** Keeps what traced processes asked for since the last time. */
  readonly keepTraced: () => void;
  /** Requests that were overwritten before they were looked at, since the last time this was asked: whose they were is not known. */
  readonly takeLost: () => number;
};

type Parts = {
  readonly requests: MemoryRing;
  readonly clock: Clock;
  readonly threads: Threads;
  readonly writer: WaitWriter;
  readonly isTracked: (pid: number) => boolean;
};

export const createRequests = ({ requests, clock, threads, writer, isTracked }: Parts): Requests => {
  const { words } = requests;
  const keys = new Float64Array(requests.cpus * requests.slots);
  const ids = new Float64Array(requests.cpus * requests.slots);
  /** For each CPU the number of the last request that was looked at. */
  const seen = new Float64Array(requests.cpus);
  let lost = 0;

  const write = (at: number, waiter: Waiter | undefined): number => {
    const queued = timeSince(words, at + R.queued, clock);
    const tid = words[at + R.tid] ?? 0;
    const op = words[at + R.op] ?? 0;
    // A throttled request is held before the block layer sees it, and then queued by a thread of the kernel: the one
    // that waits for it had asked before. Who waits for what others write did not ask.
    const held = waiter !== undefined && waiter.tid !== tid && waiter.off < queued && (op === READ || !waiter.writes);
    const comm = textAt(words, at + R.comm, 16);
    return writer.blockRequest({
      start: held ? waiter.off : queued,
      queued,
      issued: timeSince(words, at + R.issued, clock),
      completed: timeSince(words, at + R.completed, clock),
      device: words[at + R.device] ?? 0,
      sector: wide(words, at + R.sector),
      bytes: words[at + R.bytes] ?? 0,
      op,
      thread: held ? waiter.thread : tid === 0 ? null : threads.idNamed(words[at + R.pid] ?? 0, tid, comm),
      error: words[at + R.error] ?? 0,
    });
  };

  const idOf = (position: number, waiter: Waiter | undefined): number | undefined => {
    const at = requests.find(position);
    if (at < 0) return undefined;
    const slot = requests.slotOf(position);
    const known = ids[slot];
    if (known !== undefined && keys[slot] === position) return known;
    const id = write(at, waiter);
    keys[slot] = position;
    ids[slot] = id;
    const completed = timeSince(words, at + R.completed, clock);
    if (waiter !== undefined && completed - waiter.off >= LONG_WAIT)
      keepBeside(words[at + R.device] ?? 0, waiter.off, completed);
    return id;
  };
  /** Keeps what a disk did for others in a stretch of time. */
  const keepBeside = (device: number, from: number, to: number): void => {
    let left = LOOKED_AT;
    for (let cpu = 0; cpu < requests.cpus; cpu++)
      for (let number = numberOf(requests.last(cpu)); number > 0 && left-- > 0; number--) {
        const at = requests.find(positionOf(number, cpu));
        const completed = at < 0 ? from : timeSince(words, at + R.completed, clock);
        if (completed <= from) break;
        const isMuch =
          (words[at + R.bytes] ?? 0) >= LARGE_BYTES || completed - timeSince(words, at + R.issued, clock) >= SLOW;
        if (completed <= to && isMuch && (words[at + R.device] ?? 0) === device)
          idOf(positionOf(number, cpu), undefined);
      }
  };

  return {
    idOf,
    keepTraced: () => {
      for (let cpu = 0; cpu < requests.cpus; cpu++) {
        const last = numberOf(requests.last(cpu));
        const first = Math.max((seen[cpu] ?? 0) + 1, last - requests.slots + 1);
        lost += Math.max(0, first - (seen[cpu] ?? 0) - 1);
        for (let number = first; number <= last; number++) {
          const at = requests.find(positionOf(number, cpu));
          if (at < 0) lost++;
          else if (isTracked(words[at + R.pid] ?? 0)) idOf(positionOf(number, cpu), undefined);
        }
        seen[cpu] = last;
      }
    },
    takeLost: () => {
      const taken = lost;
      lost = 0;
      return taken;
    },
  };
};
