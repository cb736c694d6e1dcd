// The events that the kernel side emits: one C struct each. An id is never renumbered and never used again.
// Fields stand in an order that needs no padding; the layout test holds them against the compiled programs.
import { type Field, field } from './field.ts';

const head = [
  field('type', 'number', 'id of the event, the first word of every record'),
  field('cpu', 'cpu', 'CPU on which the event was emitted'),
] as const;
const who = [
  field('pid', 'pid', 'process the event belongs to'),
  field('tid', 'tid', 'thread the event belongs to'),
] as const;

/** Longest stacks that are kept, in frames: by frame pointers, of the kernel, of Python. */
export const STACK_FRAMES = 64;
export const KERNEL_FRAMES = 24;
export const PYTHON_FRAMES = 128;
/** Registers with a stack's memory, as DWARF numbers them: x86-64 0 to 15, then rip; arm64 x19 to x30, sp, pc. */
export const STACK_REGISTERS = 17;
/** Bytes of a piece of a stack's memory: a page, so that what follows the stack's end costs no more than what is wanted. */
export const STACK_PIECE = 4096;
/** Return addresses of probed calls that a thread is in. */
export const HIJACKED_RETURNS = 8;
/** Bytes of a piece of a line table of Python. */
export const PYTHON_TABLE_PIECE = 1024;
/** Pieces of a larger table are not sent, nor more than so many with one stack. */
export const PYTHON_TABLE_PIECES = 32;
/** A code object is told of again when so many others, or forked processes, have been given ids after it. */
export const PYTHON_CODES_KEPT = 12_288;
/** Processes with a Python whose frames are read, at most at a time. */
export const PYTHON_PROCESSES = 1024;
/** Bit of `python_process.life` of a process that was forked from one with a Python: the kernel side gives these. */
export const PYTHON_FORKED = 0x8000_0000;
/** Argument words that a call event carries. */
export const KEPT_WORDS = 6;

const event = <const F extends readonly Field[]>(id: number, name: string, doc: string, fields: F) => ({
  id,
  name,
  doc,
  fields: [...head, ...who, ...fields] as const,
});

export const events = {
  call: event(1, 'call', 'a library call that returned', [
    field('start', 'time', 'when the call was entered'),
    field('duration', 'duration', 'from entry to return'),
    field('ret', 'result', 'return value'),
    field('ptr', 'address', 'pointer that the call returned, or the one it was given to free; 0 when there is none'),
    field('kept', 'word', 'argument words that the catalogue keeps of this call', KEPT_WORDS),
    field('op', 'small', 'which call: an id of the catalogue'),
    field('depth', 'small', 'how many other probed calls of this thread enclose it'),
    field(
      'flags',
      'flags',
      'bit 0: a stack event of this call precedes it; bit 1: per-thread default stream variant; bits 8 to 11: log2 of how many calls it stands for',
    ),
  ]),
  off_cpu: event(2, 'off_cpu', 'an interval in which a tracked thread was not on a CPU', [
    field('off', 'time', 'when it left the CPU'),
    field('wake', 'time', 'when it was woken; 0 when it stayed runnable'),
    field('on', 'time', 'when it ran again; inferred from its run time where the kernel did not tell of the switch'),
    field('position', 'word', 'of its record in the history, 0 when it has none'),
    field('waker', 'word', 'position of the last record of its waker, or of the block request that woke it'),
    field('arg0', 'word', 'first argument of the system call it was in'),
    field('arg1', 'word', 'second argument of the system call it was in'),
    field('waker_arg0', 'word', 'first argument of the system call that its waker was in'),
    field('file_inode', 'word', 'inode of the file that it waited on, 0 when there is none'),
    field('file_offset', 'word', 'byte of the file at which it met a page fault'),
    field('lock', 'word', 'address of the kernel lock that it waited for, else 0'),
    field('irq_time', 'duration', 'what interrupts and timers took from its turn on the CPU before'),
    field('stolen_time', 'duration', 'what the hypervisor took from that turn, as far as the scheduler counts it'),
    field('file_type', 'number', 'what the file is: see file_types'),
    field('file_device', 'number', 'device of the file system, or number of a device file: major << 20 | minor'),
    field('faults', 'number', 'minor page faults in its turn on the CPU before'),
    field('owner', 'tid', 'thread that held the lock it waited for, 0 when that cannot be told'),
    field('waker_pid', 'pid', 'process that woke it; 0 when no task did'),
    field('waker_tid', 'tid', 'thread that woke it'),
    field('waker_syscall', 'signed', 'number of the system call the waker was in; -1 when in none'),
    field('syscall', 'signed', 'number of the system call it was in; -1 when it was in none'),
    field('flags', 'small', 'see off_cpu_flags'),
    field(
      'state',
      'small',
      'task state when it left, masked: 0 runnable, 1 interruptible, 2 uninterruptible, 4 stopped',
    ),
    field('cpu_off', 'small', 'CPU it left'),
    field('waker_context', 'small', 'in what the waker ran: see waker_contexts'),
    field('waker_comm', 'comm', 'name of the waker', 16),
  ]),
  process_fork: event(4, 'process_fork', 'a tracked thread made a thread or a process', [
    field('time', 'time', 'when'),
    field('child_pid', 'pid', 'process of the new thread'),
    field('child_tid', 'tid', 'the new thread'),
    field('comm', 'comm', 'its name', 16),
  ]),
  process_exec: event(5, 'process_exec', 'a tracked process executed a program', [
    field('time', 'time', 'when'),
    field('comm', 'comm', 'its name from now on', 16),
  ]),
  process_exit: event(6, 'process_exit', 'a thread of a tracked process ended', [
    field('time', 'time', 'when'),
    field('code', 'number', 'exit code as wait4 gives it'),
    field('last', 'boolean', '1 when it was the last thread of its process'),
  ]),
  thread_name: event(7, 'thread_name', 'a tracked thread was given a name', [
    field('time', 'time', 'when'),
    field('comm', 'comm', 'the name', 16),
  ]),
  library_mapped: event(8, 'library_mapped', 'a process begins to use a file with code', [
    field('time', 'time', 'when'),
    field('inode', 'word', 'inode of the file'),
    field('device', 'number', 'device of the file, as the kernel encodes it (major << 20 | minor)'),
    field('held', 'number', 'whether the process was stopped so that no call is missed: see library_holds'),
    field('name', 'text', 'last part of the file name', 64),
  ]),
  stack: event(9, 'stack', 'the stack of a thread: the last of the events of one stack', [
    field('time', 'time', 'of what it was taken: entry of the call, begin of the wait, time of the sample'),
    field('reason', 'number', 'see stack_reasons'),
    field('weight', 'weight', 'how many events of this kind the stack stands for; 1 for a slow call'),
    field('op', 'number', 'which call: an id of the catalogue; 0 for none'),
    field('unused', 'number', 'always 0'),
    field('user_frames', 'small', 'how many addresses there are in `address`'),
    field('kernel_frames', 'small', 'how many there are in `kernel`'),
    field('python', 'small', 'see python_states'),
    field('pieces', 'small', 'how many events stack_memory precede it'),
    field('trampoline', 'address', 'where return probes send functions back to, 0 when there are none'),
    field(
      'hijacked_at',
      'address',
      'stack pointers at the entry of the calls that a return probe waits for',
      HIJACKED_RETURNS,
    ),
    field('hijacked_to', 'address', 'where they return to', HIJACKED_RETURNS),
    field(
      'address',
      'address',
      'where it runs (a call: where it returns to), then return addresses, by frame pointers',
      STACK_FRAMES,
    ),
    field('kernel', 'word', 'addresses in the kernel, the innermost first', KERNEL_FRAMES),
  ]),
  scope: event(10, 'scope', 'a stretch in which a tracked thread did something in the kernel, running and waiting', [
    field('start', 'time', 'from'),
    field('end', 'time', 'to'),
    field('kind', 'number', 'what it did: see scope_kinds'),
    field('detail', 'number', 'order of the allocation'),
    field('value', 'word', 'pages that were reclaimed'),
  ]),
  moment: event(11, 'moment', 'something that happened at one time, to a tracked thread or on the whole machine', [
    field('time', 'time', 'when'),
    field('value', 'word', 'what its kind says'),
    field('kind', 'number', 'what happened: see moment_kinds'),
    field('detail', 'number', 'what its kind says'),
    field('by_pid', 'pid', 'process that did it'),
    field('by_tid', 'tid', 'thread that did it'),
    field('comm', 'comm', 'its name', 16),
  ]),
  python_stack: event(12, 'python_stack', 'the Python frames of a stack, the innermost first', [
    field('time', 'time', 'as in stack'),
    field('frames', 'number', 'how many there are'),
    field('complete', 'boolean', '1 when the outermost was reached'),
    field('code', 'word', 'code objects: python_code.code', PYTHON_FRAMES),
    field('place', 'number', 'see python_places', PYTHON_FRAMES),
  ]),
  python_code: event(13, 'python_code', 'a code object of Python that had not been met before', [
    field('code', 'word', 'names it among all code objects of the recording'),
    field('address', 'address', 'where it lies'),
    field('first_line', 'number', 'line of its definition'),
    field('table_bytes', 'number', 'size of its line table, which follows in events python_table'),
    field('bytecode_bytes', 'number', 'size of its bytecode'),
    field('version', 'number', 'of its Python: major << 8 | minor'),
    field('file_bytes', 'small', 'bytes of `file` that count'),
    field('name_bytes', 'small', 'bytes of `name` that count'),
    field('file_width', 'small', 'bytes of a character in `file`: 1 (Latin 1), 2 or 4'),
    field('name_width', 'small', 'bytes of a character in `name`'),
    field('file', 'untrusted_text', 'path of its source', 256),
    field('name', 'untrusted_text', 'its qualified name, or its name before Python 3.11', 128),
  ]),
  python_table: event(14, 'python_table', 'a piece of the line table of a code object', [
    field('code', 'word', 'python_code.code'),
    field('at', 'number', 'byte of the table at which the piece begins'),
    field('size', 'number', 'bytes that count'),
    field('data', 'untrusted_text', 'the bytes', PYTHON_TABLE_PIECE),
  ]),
  stack_memory: event(15, 'stack_memory', 'a piece of the user stack of a thread, from its stack pointer on', [
    field('time', 'time', 'as in stack'),
    field('at', 'address', 'where the piece lies'),
    field('size', 'number', 'bytes that count'),
    field('piece', 'number', 'its number; registers come with the first, 0'),
    field('registers', 'word', 'as DWARF numbers them', STACK_REGISTERS),
    field('data', 'untrusted_text', 'the bytes', STACK_PIECE),
  ]),
} as const;

export type EventName = keyof typeof events;

/** Values of `stack.reason`. */
export const stackReasons = { call: 0, wait: 1, sample: 2 } as const;
/** Values of `library_mapped.held`: it goes on; it was stopped; it should have been, and could not be. */
export const libraryHolds = { no: 0, yes: 1, failed: 2 } as const;
/** Values of `stack.python`: no Python in its process; its frames precede in python_stack; they could not be read. */
export const pythonStates = { none: 0, read: 1, failed: 2 } as const;
/**
 * `python_stack.place`: the byte offset of the executing instruction in the bytecode, or `unknown`; and the bit `entry` where
 * the frame is the outermost of those that one native call of the interpreter executes.
 */
export const pythonPlaces = { unknown: 0x7fffffff, entry: 0x80000000 } as const;
/** Bits of `call.flags`. */
export const callFlags = { stack: 1, perThreadStream: 2 } as const;
/** The first of the bits of `call.flags` that are log2 of how many calls it stands for, and how many bits these are. */
export const CALL_WEIGHT_SHIFT = 8;
export const CALL_WEIGHT_BITS = 4;
/** Bits of `off_cpu.flags`. */
export const offCpuFlags = {
  iowait: 1,
  throttled: 2,
  /** It had not ended when the recording did. */
  open: 4,
  /** The time from the thread's birth to its first turn on a CPU. */
  born: 8,
  reclaim: 16,
  compaction: 32,
  /** Put to sleep since it dirties pages faster than they are written. */
  dirtyThrottle: 64,
  /** Waits for pages that are being written. */
  writeback: 128,
  kernelLock: 256,
  /** `on` was inferred from its run time. */
  inferred: 512,
  kernelThread: 2048,
  /** Of a record in the history: an event was sent of it too. */
  sent: 4096,
  /** A stack event of it was sent when it began. */
  stack: 8192,
  /** Short; of such waits others were left out. */
  sampled: 16384,
} as const;
/** Values of `off_cpu.waker_context`. */
export const wakerContexts = { none: 0, task: 1, timer: 2, irq: 3, softirq: 4, block: 5 } as const;
/** Values of `scope.kind`. */
export const scopeKinds = { direct_reclaim: 1, memcg_reclaim: 2, compaction: 3 } as const;
/** Counters of dropped packets: one for each of the kernel's reasons, the last for those beyond. */
export const DROP_REASONS = 256;
/** Values of `moment.kind`. */
export const momentKinds = { signal: 1, oom_kill: 2, tcp_retransmit: 3 } as const;
/** Values of `off_cpu.file_type`. */
export const fileTypes = {
  none: 0,
  pipe: 1,
  unix: 2,
  inet: 3,
  regular: 4,
  character: 5,
  block: 6,
  directory: 7,
  socket: 8,
  anonymous: 9,
} as const;
