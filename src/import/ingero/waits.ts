// Intervals off the CPU and block requests. The file tells neither why a thread left its CPU nor who woke it; that a request
// ended a wait is taken from their times alone, and marked so.
import { wakerContexts } from '../../catalogue/events.ts';
import type { WaitSite } from '../../store/wait-writer.ts';
import type { RecordingWriter } from '../../store/writer.ts';
import type { Event } from './events.ts';
import type { Threads } from './names.ts';
import type { Regular } from './regular.ts';
import { ioOps } from './schema.ts';

/** From the end of a request until the thread that waited for it runs: an interrupt, a wake-up and a free CPU. */
const WAKE_NS = 50_000;
/** Requests of a thread that are remembered. */
const REMEMBERED = 16;
const SECTOR = 512;
/** As block_request.op. */
const REQUEST_OPS: ReadonlyMap<number, number> = new Map([
  [ioOps.read, 0],
  [ioOps.write, 1],
  [ioOps.discard, 3],
]);

/** All that is not known is null. */
const unknownSite: WaitSite = {
  ...{
    state: null,
    syscall: null,
    iowait: null,
    throttled: null,
    file_type: 0,
    file_device: 0,
    file_inode: 0,
    file: null,
  },
  ...{ futex_op: null, waker_context: wakerContexts.none, waker_syscall: null, held: 0, activity: null, gil: null },
  ...{ matched: 0, tracked: 1, open: 0, born: 0, inferred: 0, kernel_thread: 0, by_time: 0 },
};
const timerSite: WaitSite = { ...unknownSite, by_time: 2 };
const gilSite: WaitSite = { ...timerSite, gil: 1 };
const requestSite: WaitSite = { ...unknownSite, waker_context: wakerContexts.block, by_time: 1 };

type Request = { readonly id: number; readonly start: number; readonly end: number };

/** Whether a request of the thread itself can be what it waited for: given before it left, done just before it came back. */
const ended = ({ start, end }: Event, request: Request): boolean =>
  request.start <= start && request.end > start && request.end <= end && end - request.end <= WAKE_NS;

type Parts = {
  readonly writer: RecordingWriter;
  readonly threads: Threads;
  readonly regular: Regular;
  /** Whether waits of a thread for a timer of so many ms are for the GIL of Python. */
  readonly isGil: (tid: number, ms: number) => boolean;
};

export const createWaits = ({ writer, threads, regular, isGil }: Parts) => {
  const recent = new Map<number, readonly Request[]>();
  const counts = { waits: 0, block_requests: 0 };
  return {
    counts,
    /** Takes a block request; false when its kind is not known. */
    request: (event: Event): boolean => {
      const op = REQUEST_OPS.get(event.op);
      if (op === undefined) return false;
      const { start, end, tid, arg0, arg1 } = event;
      const id = writer.waits.blockRequest({
        ...{ start, queued: null, issued: start, completed: end, device: null, sector: arg1, bytes: arg0 * SECTOR, op },
        ...{ thread: threads.idOf(event), error: null },
      });
      recent.set(tid, [...(recent.get(tid) ?? []), { id, start, end }].slice(-REMEMBERED));
      counts.block_requests++;
      return true;
    },
    /** Takes an interval off the CPU, in the order of their ends. */
    interval: (event: Event): void => {
      const { start, duration, tid } = event;
      if (duration <= 0) return;
      const request = recent.get(tid)?.findLast((one) => ended(event, one));
      const timer = request === undefined ? regular.timerOf(tid, duration) : undefined;
      const waitSite = timer === undefined ? unknownSite : isGil(tid, timer) ? gilSite : timerSite;
      writer.waits.offCpu({
        ...{ start, blocked: duration, runnable: 0, thread: threads.idOf(event), arg0: null, waker: null },
        site: writer.waits.siteId(request === undefined ? waitSite : requestSite),
        ...{ cpuOff: null, cpuOn: null, request: request?.id ?? null, owner: null },
        ...{ irq: null, stolen: null, faults: null, detail: null, taken: null },
      });
      counts.waits++;
    },
  };
};
