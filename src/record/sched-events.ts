// Off-CPU intervals and run slices: from the words of the ring to rows.
import type { Clock } from '../capture/clock.ts';
import { eventWords, PID, TID, textAt, timeSince, wide } from '../capture/event-words.ts';
import type { EventHandler } from '../capture/ring.ts';
import { offCpuFlags, wakerContexts } from '../catalogue/events.ts';
import { syscallNames } from '../catalogue/syscalls.ts';
import type { RecordingWriter } from '../store/writer.ts';
import type { Threads } from './threads.ts';

const off = eventWords.off_cpu;
const OFF = off('off');
const WAKE = off('wake');
const ON = off('on');
const ARG0 = off('arg0');
const ARG1 = off('arg1');
const INODE = off('file_inode');
const STATE = off('state');
const FLAGS = off('flags');
const SYSCALL = off('syscall');
const FILE_TYPE = off('file_type');
const FILE_DEVICE = off('file_device');
const CPU_OFF = off('cpu_off');
const CPU_ON = off('cpu');
const WAKER_PID = off('waker_pid');
const WAKER_TID = off('waker_tid');
const WAKER_CONTEXT = off('waker_context');
const WAKER_SYSCALL = off('waker_syscall');
const WAKER_COMM = off('waker_comm');
const slice = eventWords.run_slice;
const SLICE_START = slice('start');
const SLICE_END = slice('end');
const SLICE_COMM = slice('comm');
const SLICE_CPU = slice('cpu');

const STOPPED = 4;
const FUTEX_COMMAND = 0x7f;

type Parts = {
  readonly writer: RecordingWriter;
  readonly threads: Threads;
  readonly clock: Clock;
  /** Whether whytrace had stopped this process at that time. */
  readonly wasHeld: (pid: number, time: number) => boolean;
};

/** Handlers for the events `off_cpu` and `run_slice`. */
export const createSchedEvents = ({
  writer,
  threads,
  clock,
  wasHeld,
}: Parts): { readonly off_cpu: EventHandler; readonly run_slice: EventHandler } => {
  const names = syscallNames(process.arch);
  const nameOf = (number: number) => (number < 0 ? null : (names[number] ?? `syscall_${number}`));
  return {
    off_cpu: (words, at) => {
      const pid = words[at + PID] ?? 0;
      const start = timeSince(words, at + OFF, clock);
      const end = timeSince(words, at + ON, clock);
      const state = words[at + STATE] ?? 0;
      const woken = wide(words, at + WAKE) !== 0;
      // Never woken while blocked: it was blocked until it ran. Never blocked: it was ready all the time.
      const wake = state === 0 ? start : woken ? timeSince(words, at + WAKE, clock) : end;
      const syscall = nameOf((words[at + SYSCALL] ?? 0) | 0);
      const flags = words[at + FLAGS] ?? 0;
      const context = words[at + WAKER_CONTEXT] ?? 0;
      const byTask = context === wakerContexts.task;
      const site = writer.siteId({
        state,
        syscall,
        iowait: (flags & offCpuFlags.iowait) === 0 ? 0 : 1,
        throttled: (flags & offCpuFlags.throttled) === 0 ? 0 : 1,
        file_type: words[at + FILE_TYPE] ?? 0,
        file_device: words[at + FILE_DEVICE] ?? 0,
        file_inode: wide(words, at + INODE),
        futex_op: syscall === 'futex' ? (words[at + ARG1] ?? 0) & FUTEX_COMMAND : null,
        waker_context: context,
        waker_syscall: byTask ? nameOf((words[at + WAKER_SYSCALL] ?? 0) | 0) : null,
        held: (state & STOPPED) !== 0 && wasHeld(pid, start) ? 1 : 0,
      });
      const waker = byTask
        ? threads.idNamed(words[at + WAKER_PID] ?? 0, words[at + WAKER_TID] ?? 0, textAt(words, at + WAKER_COMM, 16))
        : 0;
      writer.offCpu(
        start,
        Math.max(0, wake - start),
        Math.max(0, end - Math.max(wake, start)),
        threads.idOf(pid, words[at + TID] ?? 0),
        site,
        wide(words, at + ARG0),
        waker,
        words[at + CPU_OFF] ?? 0,
        words[at + CPU_ON] ?? 0,
      );
    },
    run_slice: (words, at) => {
      const start = timeSince(words, at + SLICE_START, clock);
      const thread = threads.idNamed(words[at + PID] ?? 0, words[at + TID] ?? 0, textAt(words, at + SLICE_COMM, 16));
      writer.runSlice(start, timeSince(words, at + SLICE_END, clock) - start, words[at + SLICE_CPU] ?? 0, thread);
    },
  };
};
