// An interval off the CPU as the kernel side tells it: from an event of a tracked thread, or from a record of the flight
// recorder, which is about any task. Times are ns since the recording began; positions are those of the flight recorder.
import type { Clock } from '../capture/clock.ts';
import { eventWords, PID, TID, textAt, timeSince, wide, wordsOf } from '../capture/event-words.ts';
import { cpuOf } from '../capture/memory-ring.ts';
import { kernelStructs } from '../catalogue/kernel-structs.ts';

export type Interval = {
  readonly pid: number;
  readonly tid: number;
  /** Name of the task; undefined where it did not come along. */
  readonly comm: string | undefined;
  readonly off: number;
  /** Undefined when it was not woken: it stayed ready, or nobody was seen to. */
  readonly wake: number | undefined;
  readonly on: number;
  readonly state: number;
  /** Bits of `offCpuFlags`. */
  readonly flags: number;
  /** -1 when in none. */
  readonly syscall: number;
  readonly arg0: number;
  readonly arg1: number;
  readonly wakerPid: number;
  readonly wakerTid: number;
  readonly wakerComm: string | undefined;
  /** One of `wakerContexts`. */
  readonly wakerContext: number;
  readonly wakerSyscall: number;
  readonly wakerArg0: number;
  readonly fileType: number;
  readonly fileDevice: number;
  readonly fileInode: number;
  readonly cpuOff: number;
  readonly cpuOn: number;
  /** Of its own record, 0 when it has none. */
  readonly position: number;
  /** Of the waker's last record, or of the block request that woke it; 0 for neither. */
  readonly waker: number;
  readonly owner: number;
  readonly irq: number;
  /** ns that the hypervisor took from that turn. */
  readonly stolen: number;
  readonly faults: number;
  readonly fileOffset: number;
  readonly lock: number;
};

const off = eventWords.off_cpu;
const E = {
  off: off('off'),
  wake: off('wake'),
  on: off('on'),
  position: off('position'),
  waker: off('waker'),
  arg0: off('arg0'),
  arg1: off('arg1'),
  wakerArg0: off('waker_arg0'),
  inode: off('file_inode'),
  offset: off('file_offset'),
  lock: off('lock'),
  irq: off('irq_time'),
  stolen: off('stolen_time'),
  fileType: off('file_type'),
  fileDevice: off('file_device'),
  faults: off('faults'),
  owner: off('owner'),
  wakerPid: off('waker_pid'),
  wakerTid: off('waker_tid'),
  wakerSyscall: off('waker_syscall'),
  syscall: off('syscall'),
  flags: off('flags'),
  cpuOff: off('cpu_off'),
  cpuOn: off('cpu'),
  wakerComm: off('waker_comm'),
} as const;

const history = wordsOf(kernelStructs.history.fields);
const H = {
  position: history('position'),
  on: history('on'),
  off: history('off'),
  wake: history('wake'),
  earlier: history('earlier'),
  waker: history('waker'),
  idleSince: history('idle_since'),
  arg0: history('arg0'),
  wakerArg0: history('waker_arg0'),
  inode: history('file_inode'),
  pid: history('pid'),
  tid: history('tid'),
  wakerPid: history('waker_pid'),
  wakerTid: history('waker_tid'),
  fileType: history('file_type'),
  flags: history('flags'),
  syscall: history('syscall'),
  cpuOff: history('cpu_off'),
  comm: history('comm'),
} as const;

const COMM = 16;
const NO_SYSCALL = 0xffff;
/** Two 16-bit fields lie in one word, the first one low. */
const low = (word: number | undefined) => (word ?? 0) & 0xffff;
const high = (word: number | undefined) => (word ?? 0) >>> 16;
const orNone = (number: number) => (number === NO_SYSCALL ? -1 : number);

/** Reads the event `off_cpu` at a word. */
export const intervalOfEvent = (words: Uint32Array, at: number, clock: Clock): Interval => {
  const wakerTid = words[at + E.wakerTid] ?? 0;
  return {
    pid: words[at + PID] ?? 0,
    tid: words[at + TID] ?? 0,
    comm: undefined,
    off: timeSince(words, at + E.off, clock),
    wake: wide(words, at + E.wake) === 0 ? undefined : timeSince(words, at + E.wake, clock),
    on: timeSince(words, at + E.on, clock),
    flags: low(words[at + E.flags]),
    state: high(words[at + E.flags]),
    syscall: (words[at + E.syscall] ?? 0) | 0,
    arg0: wide(words, at + E.arg0),
    arg1: wide(words, at + E.arg1),
    wakerPid: words[at + E.wakerPid] ?? 0,
    wakerTid,
    wakerComm: wakerTid === 0 ? undefined : textAt(words, at + E.wakerComm, COMM),
    wakerContext: high(words[at + E.cpuOff]),
    wakerSyscall: (words[at + E.wakerSyscall] ?? 0) | 0,
    wakerArg0: wide(words, at + E.wakerArg0),
    fileType: words[at + E.fileType] ?? 0,
    fileDevice: words[at + E.fileDevice] ?? 0,
    fileInode: wide(words, at + E.inode),
    cpuOff: low(words[at + E.cpuOff]),
    cpuOn: words[at + E.cpuOn] ?? 0,
    position: wide(words, at + E.position),
    waker: wide(words, at + E.waker),
    owner: words[at + E.owner] ?? 0,
    irq: wide(words, at + E.irq),
    stolen: wide(words, at + E.stolen),
    faults: words[at + E.faults] ?? 0,
    fileOffset: wide(words, at + E.offset),
    lock: wide(words, at + E.lock),
  };
};

/** Where things lie in a record of the flight recorder, in words, for those who need only a few of them. */
export const recordWords = H;

/** Reads a record of the flight recorder; the interval it ended is unknown where `off` is undefined. */
export const intervalOfRecord = (words: Uint32Array, at: number, clock: Clock): Interval => {
  const position = wide(words, at + H.position);
  return {
    pid: words[at + H.pid] ?? 0,
    tid: words[at + H.tid] ?? 0,
    comm: textAt(words, at + H.comm, COMM),
    off: timeSince(words, at + H.off, clock),
    wake: wide(words, at + H.wake) === 0 ? undefined : timeSince(words, at + H.wake, clock),
    on: timeSince(words, at + H.on, clock),
    flags: low(words[at + H.flags]),
    state: high(words[at + H.flags]),
    syscall: orNone(low(words[at + H.syscall])),
    arg0: wide(words, at + H.arg0),
    arg1: 0,
    wakerPid: words[at + H.wakerPid] ?? 0,
    wakerTid: words[at + H.wakerTid] ?? 0,
    wakerComm: undefined,
    wakerContext: high(words[at + H.cpuOff]),
    wakerSyscall: orNone(high(words[at + H.syscall])),
    wakerArg0: wide(words, at + H.wakerArg0),
    fileType: words[at + H.fileType] ?? 0,
    fileDevice: 0,
    fileInode: wide(words, at + H.inode),
    cpuOff: low(words[at + H.cpuOff]),
    cpuOn: cpuOf(position),
    position,
    waker: wide(words, at + H.waker),
    owner: 0,
    irq: 0,
    stolen: 0,
    faults: 0,
    fileOffset: 0,
    lock: 0,
  };
};
