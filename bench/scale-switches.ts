// The switches of a made-up host: each leaves a record in the flight recorder, as the kernel side writes it, and those to traced
// threads an event too. Whom a switch goes to had slept and was woken: of the traced ones three of four by another of them, all
// others by one that is not traced. Must not know what reads them.
import { eventWords, PID, TID, TYPE } from '../src/capture/event-words.ts';
import { type MemoryRing, memoryRingOver, positionOf } from '../src/capture/memory-ring.ts';
import { HISTORY } from '../src/capture/sizes.ts';
import { layoutOf } from '../src/catalogue/derive/layout.ts';
import { events, offCpuFlags, wakerContexts } from '../src/catalogue/events.ts';
import { syscallNames } from '../src/catalogue/syscalls.ts';
import { recordWords as R } from '../src/record/interval.ts';

/** Of a ring's record before the event: struct bpf_ringbuf_hdr. */
const HEADER_WORDS = 2;
const EVENT_BYTES = layoutOf(events.off_cpu.fields).size;
const RECORD_WORDS = HISTORY.record / 4;
const COMM_WORDS = 4;
const INTERRUPTIBLE = 1;
const FUTEX = syscallNames(process.arch).indexOf('futex');
/** How long a task runs before it sleeps again, in ns; the sleep of one that is seen for the first time; what it is ready for. */
const RUN = 30_000;
const FIRST_SLEEP = 5_000_000;
/** Of the wake-ups of traced threads one in so many is the doing of a task that is not traced. */
const WOKEN_BY_OTHERS = 4;
const READY = { least: 2000, more: 3000 } as const;

const off = eventWords.off_cpu;
const E = {
  ...{ off: off('off'), wake: off('wake'), on: off('on'), position: off('position'), waker: off('waker') },
  ...{ arg0: off('arg0'), wakerArg0: off('waker_arg0'), wakerPid: off('waker_pid'), wakerTid: off('waker_tid') },
  ...{ wakerSyscall: off('waker_syscall'), syscall: off('syscall'), flags: off('flags'), cpuOff: off('cpu_off') },
  ...{ cpuOn: off('cpu'), wakerComm: off('waker_comm') },
} as const;

/** A task, the position of its last record, and when that was, in ns; 0 for never. */
export type Task = {
  readonly pid: number;
  readonly tid: number;
  readonly comm: Uint32Array;
  last: number;
  on: number;
};

export const taskOf = (pid: number, tid: number, name: string): Task => {
  const comm = new Uint32Array(COMM_WORDS);
  Buffer.from(comm.buffer).write(name, 0, 4 * COMM_WORDS - 1, 'latin1');
  return { pid, tid, comm, last: 0, on: 0 };
};

export type MadeUpSwitches = {
  readonly history: MemoryRing;
  /** A switch at a time, no earlier than the one before, to a task that is not traced. */
  readonly toOther: (cpu: number, time: number) => void;
  /** A switch to a traced thread. Returns what it puts into the ring of its CPU, until the next call. */
  readonly toTraced: (thread: Task, cpu: number, time: number) => Buffer;
};

type Parts = {
  readonly cpus: number;
  /** Records that are kept of each CPU. */
  readonly slots: number;
  readonly others: readonly [Task, ...Task[]];
  readonly traced: readonly Task[];
  readonly random: () => number;
};

/** Times are ns of CLOCK_MONOTONIC. */
export const createSwitches = ({ cpus, slots, others, traced, random }: Parts): MadeUpSwitches => {
  const words = new Uint32Array(cpus * slots * RECORD_WORDS);
  const history = memoryRingOver(words, RECORD_WORDS, slots);
  const numbers = new Float64Array(cpus);
  const event = new Uint32Array(HEADER_WORDS + Math.ceil(EVENT_BYTES / 8) * 2);
  const bytes = Buffer.from(event.buffer);
  const anyOther = (): Task => others[random() % others.length] ?? others[0];
  const wakerOfTraced = (): Task =>
    random() % WOKEN_BY_OTHERS === 0 ? anyOther() : (traced[random() % traced.length] ?? others[0]);
  const wide = (into: Uint32Array, at: number, value: number) => {
    into[at] = value % 0x1_0000_0000;
    into[at + 1] = Math.floor(value / 0x1_0000_0000);
  };

  const switchTo = (task: Task, waker: Task, { cpu, time, flags }: { cpu: number; time: number; flags: number }) => {
    const number = (numbers[cpu] ?? 0) + 1;
    numbers[cpu] = number;
    const position = positionOf(number, cpu);
    const least = time - READY.least - READY.more;
    const interval = {
      ...{ position, waker, wakerAt: waker.last, flags },
      left: task.on === 0 ? time - FIRST_SLEEP : Math.max(task.on, Math.min(task.on + RUN, least)),
      woken: time - READY.least - (random() % READY.more),
    };
    const at = history.slotOf(position) * RECORD_WORDS;
    wide(words, at + R.position, position);
    wide(words, at + R.on, time);
    wide(words, at + R.off, interval.left);
    wide(words, at + R.wake, interval.woken);
    wide(words, at + R.earlier, task.last);
    wide(words, at + R.waker, waker.last);
    wide(words, at + R.arg0, task.tid);
    wide(words, at + R.wakerArg0, task.tid);
    words[at + R.pid] = task.pid;
    words[at + R.tid] = task.tid;
    words[at + R.wakerPid] = waker.pid;
    words[at + R.wakerTid] = waker.tid;
    words[at + R.flags] = flags | (INTERRUPTIBLE << 16);
    words[at + R.syscall] = FUTEX | (FUTEX << 16);
    words[at + R.cpuOff] = cpu | (wakerContexts.task << 16);
    words.set(task.comm, at + R.comm);
    task.last = position;
    task.on = time;
    return interval;
  };

  return {
    history,
    toOther: (cpu, time) => void switchTo(anyOther(), anyOther(), { cpu, time, flags: 0 }),
    toTraced: (thread, cpu, time) => {
      const { position, waker, wakerAt, left, woken } = switchTo(thread, wakerOfTraced(), {
        ...{ cpu, time, flags: offCpuFlags.sent },
      });
      const at = HEADER_WORDS;
      event[0] = EVENT_BYTES;
      event[at + TYPE] = events.off_cpu.id;
      event[at + PID] = thread.pid;
      event[at + TID] = thread.tid;
      wide(event, at + E.off, left);
      wide(event, at + E.wake, woken);
      wide(event, at + E.on, time);
      wide(event, at + E.position, position);
      wide(event, at + E.waker, wakerAt);
      wide(event, at + E.arg0, thread.tid);
      wide(event, at + E.wakerArg0, thread.tid);
      event[at + E.wakerPid] = waker.pid;
      event[at + E.wakerTid] = waker.tid;
      event[at + E.wakerSyscall] = FUTEX;
      event[at + E.syscall] = FUTEX;
      event[at + E.flags] = INTERRUPTIBLE << 16;
      event[at + E.cpuOff] = cpu | (wakerContexts.task << 16);
      event[at + E.cpuOn] = cpu;
      event.set(waker.comm, at + E.wakerComm);
      return bytes;
    },
  };
};
