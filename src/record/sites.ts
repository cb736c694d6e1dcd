// The circumstances of an interval, as the row of `wait_site` keeps them. Says what was, not what it means.
import { fileTypes, offCpuFlags, wakerContexts } from '../catalogue/events.ts';
import { HIGHEST_LEVEL, keptAt } from '../catalogue/shedding.ts';
import { syscallNames } from '../catalogue/syscalls.ts';
import type { WaitSite } from '../store/wait-writer.ts';
import type { Interval } from './interval.ts';

const FUTEX_COMMAND = 0x7f;
/** Waits that one stands for of which others were left out. */
const SHED_WEIGHT = keptAt(HIGHEST_LEVEL).wait;
/** System calls that hand data to another process: data that arrives while its sender is in one of them comes from it. */
const sends: ReadonlySet<string> = new Set([
  'write',
  'writev',
  'sendto',
  'sendmsg',
  'sendmmsg',
  'sendfile',
  'splice',
  'connect',
  'shutdown',
]);

const activities = [
  [offCpuFlags.reclaim, 'reclaim'],
  [offCpuFlags.compaction, 'compaction'],
  [offCpuFlags.dirtyThrottle, 'dirty_throttle'],
  [offCpuFlags.writeback, 'writeback'],
  [offCpuFlags.kernelLock, 'kernel_lock'],
] as const;

export type Known = {
  readonly tracked: boolean;
  /** Whether whytrace had stopped the process then. */
  readonly held: boolean;
  /** Whether the futex is that of the Python GIL; undefined when that cannot be told. */
  readonly gil: boolean | undefined;
  readonly file: number | null;
};

export type Sites = {
  readonly nameOf: (syscall: number) => string | null;
  /** Whether a task woke it: also one on top of which an interrupt delivered what the task had sent. */
  readonly hasWaker: (interval: Interval) => boolean;
  readonly siteOf: (interval: Interval, known: Known) => WaitSite;
};

export const createSites = (): Sites => {
  const names = syscallNames(process.arch);
  const nameOf = (number: number) => (number < 0 ? null : (names[number] ?? `syscall_${number}`));
  const isFutex = (number: number) => names[number] === 'futex';
  const hasWaker = ({ wakerTid, wakerContext, wakerSyscall }: Interval) =>
    wakerTid !== 0 && (wakerContext !== wakerContexts.softirq || sends.has(nameOf(wakerSyscall) ?? ''));
  return {
    nameOf,
    hasWaker,
    siteOf: (interval, { tracked, held, gil, file }) => {
      const { state, flags, syscall, wakerSyscall, wakerContext, fileType } = interval;
      const flag = (bit: number) => ((flags & bit) === 0 ? 0 : 1);
      const woken = interval.wake !== undefined;
      const byTask = woken && hasWaker(interval);
      // One process may wait for very many files one after the other: of those, the row of the file tells.
      const hasDevice = fileType === fileTypes.character || fileType === fileTypes.block;
      return {
        state,
        syscall: nameOf(syscall),
        iowait: flag(offCpuFlags.iowait),
        throttled: flag(offCpuFlags.throttled),
        file_type: fileType,
        file_device: hasDevice || fileType === fileTypes.regular ? interval.fileDevice : 0,
        file_inode: interval.fileInode,
        file,
        futex_op: tracked && isFutex(syscall) ? interval.arg1 & FUTEX_COMMAND : null,
        waker_context: woken ? wakerContext : wakerContexts.none,
        waker_syscall: byTask ? nameOf(wakerSyscall) : null,
        held: held ? 1 : 0,
        activity: activities.find(([bit]) => (flags & bit) !== 0)?.[1] ?? null,
        gil: gil === undefined ? null : gil ? 1 : 0,
        matched: byTask && isFutex(syscall) && isFutex(wakerSyscall) && interval.wakerArg0 === interval.arg0 ? 1 : 0,
        tracked: tracked ? 1 : 0,
        open: flag(offCpuFlags.open),
        born: flag(offCpuFlags.born),
        inferred: flag(offCpuFlags.inferred),
        kernel_thread: flag(offCpuFlags.kernelThread),
        by_time: 0,
        ...((flags & offCpuFlags.sampled) === 0 ? {} : { weight: SHED_WEIGHT }),
      };
    },
  };
};
