// Structs that user space and the kernel side share besides the events: settings, keys, totals of lost calls.
import { type Field, field } from './field.ts';

export type StructSpec = { readonly name: string; readonly doc: string; readonly fields: readonly Field[] };

const struct = <const S extends StructSpec>(spec: S): S => spec;

/** Buckets of a lost total's histogram: floor(log2(ns)), up to 78 hours. */
export const LOST_EXPONENTS = 48;

export const kernelStructs = {
  config: struct({
    name: 'config',
    doc: 'settings of a run',
    fields: [
      field('observer', 'pid', 'our own process'),
      field('track_all', 'boolean', 'record every process'),
      field('hold', 'boolean', 'stop a tracked process that maps a library until its probes are attached'),
      field('watch_exec', 'boolean', 'tell of programs and CUDA libraries of processes that are not tracked'),
      field('track_cuda', 'boolean', 'track every process from the moment it maps a CUDA library'),
      field('adopt', 'boolean', 'track the processes that our own process makes'),
      field('stacks', 'boolean', 'take stacks'),
      field('shard_shift', 'number', 'CPU number >> this is the number of its ring'),
      field('history_slots', 'number', 'records of the history of each CPU, a power of two'),
      field('request_slots', 'number', 'block requests remembered for each CPU, a power of two'),
      field(
        'full_bytes',
        'number',
        'bytes waiting in a ring from which on it takes only what may not be lost; 0 for never',
      ),
      field('keep_sample', 'number', 'of samples of what runs one in so many and one is kept: 0 for all'),
      field('keep_stack', 'number', 'the same of stacks of usual calls and short waits'),
      field('keep_call', 'number', 'of usual calls'),
      field('keep_wait', 'number', 'of short waits'),
      field('ended', 'boolean', 'calls that return from now on are not of this recording: it is being counted up'),
    ],
  }),
  abilities: struct({
    name: 'abilities',
    doc: 'what the running kernel tells; known before the programs are loaded',
    fields: [
      field('prev_state', 'boolean', 'sched_switch says in which state the task left (5.18)'),
      field('typed_reads', 'boolean', 'members of kernel structs can be read without a call (6.2)'),
      field('throttled', 'boolean', 'a task says that its CPU quota is used up (6.18)'),
    ],
  }),
  history: struct({
    name: 'history',
    doc: 'a switch to a task, and the interval off the CPU that it ended: one record of the flight recorder',
    fields: [
      field('position', 'word', 'number of the switch on its CPU << 10 | CPU; 0 while it is being written'),
      field('on', 'time', 'when it began to run'),
      field('off', 'time', 'when it had left the CPU; 0 when that was not seen'),
      field('wake', 'time', 'when it was woken; 0 when it stayed ready'),
      field('earlier', 'word', 'position of its own record before this one, 0 when there is none'),
      field('waker', 'word', 'position of the last record of its waker, or of the block request that woke it'),
      field('idle_since', 'time', 'when the CPU became idle before this switch; 0 when another task ran until then'),
      field('arg0', 'word', 'first argument of the system call it was in'),
      field('waker_arg0', 'word', 'first argument of the system call that its waker was in'),
      field('file_inode', 'word', 'inode of the file it waited on'),
      field('pid', 'pid', 'its process'),
      field('tid', 'tid', 'the task'),
      field('waker_pid', 'pid', 'process of its waker'),
      field('waker_tid', 'tid', 'its waker'),
      field('file_type', 'number', 'what the file is: see file_types'),
      field('flags', 'small', 'as in off_cpu'),
      field('state', 'small', 'task state when it left'),
      field('syscall', 'small', 'number of the system call it was in; 65535 when in none'),
      field('waker_syscall', 'small', 'number of the system call its waker was in; 65535 when in none'),
      field('cpu_off', 'small', 'CPU it left'),
      field('waker_context', 'small', 'in what the waker ran: see waker_contexts'),
      field('comm', 'comm', 'its name', 16),
    ],
  }),
  block_request: struct({
    name: 'block_request',
    doc: 'a request to a block device that has completed',
    fields: [
      field('position', 'word', 'number of the request on its CPU << 10 | CPU; 0 while it is being written'),
      field('queued', 'time', 'when the first part of it was given to the block layer'),
      field('issued', 'time', 'when it was given to the device'),
      field('completed', 'time', 'when the device had done it'),
      field('sector', 'word', 'first sector, of 512 bytes'),
      field('bytes', 'number', 'size'),
      field('device', 'number', 'major << 20 | minor'),
      field('op', 'number', 'REQ_OP_* of linux/blk_types.h: 0 read, 1 write, 2 flush, 3 discard'),
      field('pid', 'pid', 'process that gave it to the block layer; 0 when not seen'),
      field('tid', 'tid', 'its thread'),
      field('error', 'number', 'blk_status_t, 0 when it succeeded'),
      field('comm', 'comm', 'name of that thread', 16),
    ],
  }),
  file_key: struct({
    name: 'file_key',
    doc: 'identity of a file',
    fields: [
      field('inode', 'word', 'inode'),
      field('device', 'number', 'major << 20 | minor'),
      field('unused', 'number', 'always 0'),
    ],
  }),
  python_process: struct({
    name: 'python_process',
    doc: 'a process that is proven to run a CPython we can read: where that keeps what we need, in bytes',
    fields: [
      field('code_type', 'address', 'address of PyCode_Type: what is no code object is not taken for one'),
      field('life', 'number', 'names this program in this process; a child has another, with the bit WT_PYTHON_FORKED'),
      field('version', 'number', 'major << 8 | minor'),
      field('self_before', 'number', 'in a thread: from its pthread_self up to its thread pointer'),
      field('slot', 'number', 'from pthread_self to the pointer to the block of thread-specific data'),
      field('slot_data', 'number', 'in that block: the pointer to its thread state'),
      field('thread_id', 'number', 'in a thread state: pthread_self of its thread'),
      field('thread_frame', 'number', 'the pointer to its innermost frame, or to the struct that holds that'),
      field('indirect', 'boolean', '1 where that is the struct'),
      field('indirect_frame', 'number', 'in that struct: the pointer to the innermost frame'),
      field('frame_style', 'number', 'see python_frame_styles'),
      field('frame_bytes', 'number', 'of a frame: where what is read of it ends'),
      field('frame_code', 'number', 'the pointer to its code object'),
      field('frame_previous', 'number', 'the pointer to the frame around it'),
      field('frame_instruction', 'number', 'where it executes: an address, or in frame objects a number'),
      field('frame_owner', 'number', 'whose it is'),
      field('frame_entry', 'number', 'whether it is the outermost of one native call'),
      field('number_scale', 'number', 'bytes that this number counts'),
      field('code_first_line', 'number', 'in a code object: the line of its definition'),
      field('code_file', 'number', 'pointer to the name of its source'),
      field('code_name', 'number', 'pointer to its name'),
      field('code_table', 'number', 'pointer to its line table'),
      field('code_bytecode', 'number', 'its bytecode, or the pointer to it'),
      field('code_traceable', 'number', 'how many instructions pass until it counts as begun'),
      field(
        'code_mark',
        'number',
        'what tells it from one that had its address before, as far as its word of 8 bytes goes',
      ),
      field('code_bytes', 'number', 'how much is read of it, from the word of its first line on'),
      field('text_length', 'number', 'in a string: characters'),
      field('text_state', 'number', 'how it is kept'),
      field('text_ascii', 'number', 'characters, where all are ASCII'),
      field('text_wide', 'number', 'characters, where not'),
      field('bytes_size', 'number', 'in a bytes object: bytes'),
      field('bytes_data', 'number', 'the bytes'),
    ],
  }),
  lost_total: struct({
    name: 'lost_total',
    doc: 'calls whose events were lost, added up',
    fields: [
      field('count', 'count', 'calls'),
      field('sum', 'duration', 'time in them'),
      field('max', 'duration', 'the longest'),
      field('failed', 'count', 'calls that did not return 0'),
      field('log2', 'count', 'calls by floor(log2(duration))', LOST_EXPONENTS),
    ],
  }),
} as const;

/** Values of `python_process.frame_style`: objects (3.9, 3.10), frames with a mark (3.11), or with one between (3.12 on). */
export const pythonFrameStyles = { objects: 0, marked: 1, shims: 2 } as const;

/** Calls that have a total but no row: counted by the kernel while the ring was full. Times in ns. */
export type LostCalls = {
  readonly pid: number;
  readonly op: number;
  readonly count: number;
  readonly sum: number;
  readonly max: number;
  readonly failed: number;
  /** Count by floor(log2(duration)). */
  readonly log2: readonly number[];
};
