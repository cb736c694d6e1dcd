// Intervals off the CPU: from the events of traced threads, and the records of others that they lead to, to rows.
import type { Capture } from '../capture/capture.ts';
import type { EventHandler } from '../capture/ring.ts';
import { offCpuFlags, wakerContexts } from '../catalogue/events.ts';
import type { LossName } from '../catalogue/losses.ts';
import { syncs } from '../catalogue/wait-kinds.ts';
import type { WaitWriter } from '../store/wait-writer.ts';
import type { Files } from './files.ts';
import { type Interval, intervalOfEvent } from './interval.ts';
import type { Lives } from './lives.ts';
import { createOccupants } from './occupants.ts';
import { createReach } from './reach.ts';
import { createRequests } from './requests.ts';
import { createSites } from './sites.ts';
import type { Threads } from './threads.ts';

const STOPPED = 4;
const SYNCS: ReadonlySet<string> = new Set(syncs);

type Parts = {
  readonly capture: Pick<Capture, 'clock' | 'history' | 'requests'>;
  readonly writer: WaitWriter;
  readonly threads: Threads;
  readonly files: Files;
  readonly lives: Lives;
  readonly isTracked: (pid: number) => boolean;
  /** Whether whytrace had stopped this process at that time. */
  readonly wasHeld: (pid: number, time: number) => boolean;
  /** Whether a futex of a process is that of the Python GIL; undefined when that cannot be told. */
  readonly isGil: (pid: number, address: number) => boolean | undefined;
  /** The taken stack of the wait that a thread began at a time. */
  readonly stackOf: (tid: number, start: number) => number;
};

export type WaitEvents = {
  readonly off_cpu: EventHandler;
  /** After each drain: keeps what has become known meanwhile. */
  readonly settle: () => void;
  /** What of waits, and of the requests that they waited for, could not be followed since the last time this was asked. */
  readonly takeLost: () => readonly (readonly [LossName, number])[];
  /** The recording ends at a time: writes the intervals that have not. */
  readonly finish: (end: number) => void;
};

export const createWaitEvents = (parts: Parts): WaitEvents => {
  const { capture, writer, threads, files, lives, isTracked } = parts;
  const { clock, history } = capture;
  const sites = createSites();
  const occupants = createOccupants({ history, clock, threads, writer });
  const requests = createRequests({ requests: capture.requests, clock, threads, writer, isTracked });
  /** Intervals that had not ended when they were asked for, by thread. */
  const open = new Map<number, Interval>();

  const write = (interval: Interval, tracked: boolean) => {
    const { pid, tid, comm, off, on, state, wakerContext, waker, syscall } = interval;
    const thread = comm === undefined ? threads.idOf(pid, tid) : threads.idNamed(pid, tid, comm);
    const hasWaker = interval.wake !== undefined && sites.hasWaker(interval);
    // Never woken while blocked: it was blocked until it ran. Never blocked: it was ready all the time.
    const wake = state === 0 ? off : Math.max(off, interval.wake ?? on);
    const name = sites.nameOf(syscall);
    const isFutex = name === 'futex';
    const writes = (interval.flags & offCpuFlags.kernelThread) !== 0 || SYNCS.has(name ?? '');
    const byRequest = wakerContext === wakerContexts.block && waker !== 0;
    writer.offCpu({
      start: off,
      blocked: wake - off,
      runnable: Math.max(0, on - wake),
      thread,
      site: writer.siteId(
        sites.siteOf(interval, {
          tracked,
          held: (state & STOPPED) !== 0 && parts.wasHeld(pid, off),
          gil: isFutex && state !== 0 ? parts.isGil(pid, interval.arg0) : false,
          file: files.idOf(interval),
        }),
      ),
      arg0: interval.arg0,
      waker: hasWaker
        ? threads.idNamed(interval.wakerPid, interval.wakerTid, interval.wakerComm ?? nameOfWaker(interval))
        : null,
      cpuOff: interval.cpuOff,
      cpuOn: interval.cpuOn,
      request: byRequest ? (requests.idOf(waker, { tid, thread, off, writes }) ?? null) : null,
      // The word may be anything: a lock's holder is a thread of the same process.
      owner: interval.owner !== 0 && lives.isOf(pid, interval.owner) ? interval.owner : null,
      irq: interval.irq,
      stolen: interval.stolen,
      faults: interval.faults,
      detail: interval.lock !== 0 ? interval.lock : interval.fileOffset !== 0 ? interval.fileOffset : null,
      taken: (interval.flags & offCpuFlags.stack) !== 0 && tracked ? parts.stackOf(tid, off) : null,
    });
  };
  const nameOfWaker = ({ wakerPid, wakerTid }: Interval) => threads.nameOf(wakerPid, wakerTid);

  const reach = createReach({
    ...{ history, clock, occupants },
    hasWaker: sites.hasWaker,
    write: (interval) => write(interval, false),
  });
  const keep = (interval: Interval) => {
    write(interval, true);
    reach.follow(interval);
  };

  return {
    off_cpu: (words, at) => {
      const interval = intervalOfEvent(words, at, clock);
      if ((interval.flags & offCpuFlags.open) !== 0) {
        open.set(interval.tid, interval);
        return;
      }
      if (open.get(interval.tid)?.off === interval.off) open.delete(interval.tid);
      keep(interval);
    },
    settle: () => {
      reach.settle();
      requests.keepTraced();
    },
    takeLost: () => [
      ['history_overwritten', reach.takeLost()],
      ['request_overwritten', requests.takeLost()],
    ],
    finish: (end) => {
      for (const interval of open.values()) if (interval.off < end) keep({ ...interval, on: end });
      open.clear();
    },
  };
};
