// The rows as they are written. Few and narrow columns: what repeats is kept once and referred to by its id.
import { callArguments } from '../arguments.ts';
import { field } from '../field.ts';
import { table } from '../table.ts';

const id = field('id', 'id', 'row number, in the order of writing');

const argumentColumns = Object.entries(callArguments).map(([name, { kind, doc }]) => field(name, kind, doc));

export const rawTables = {
  call: table({
    name: 'call',
    doc: 'one row a library call that returned',
    columns: [
      id,
      field('start_ns', 'time', 'entry'),
      field('duration_ns', 'duration', 'from entry to return'),
      field('thread', 'ref', 'thread.id of the caller'),
      field('op', 'ref', 'meta_op.id'),
      field('depth', 'small', 'how many probed calls of this thread enclose it'),
      field('ret', 'result', 'return code'),
      field('args', 'ref', 'call_args.id of its arguments'),
      field('ptr', 'address', 'pointer that was allocated or freed, else null'),
      field('stack', 'ref', 'stack.id when its stack was taken, else null'),
    ],
  }),
  call_args: table({
    name: 'call_args',
    doc: 'distinct sets of call arguments; null where a call has no such argument',
    columns: [
      id,
      ...argumentColumns,
      field('per_thread', 'boolean', '1 when stream 0 means the per-thread default stream'),
    ],
  }),
  off_cpu: table({
    name: 'off_cpu',
    doc: 'one row an interval in which a tracked thread was not on a CPU',
    columns: [
      id,
      field('start_ns', 'time', 'when it left the CPU'),
      field('blocked_ns', 'duration', 'until it was woken; 0 when it stayed runnable'),
      field('runnable_ns', 'duration', 'from then until it ran'),
      field('thread', 'ref', 'thread.id'),
      field('site', 'ref', 'wait_site.id: what it waited in'),
      field('arg0', 'word', 'first argument of the system call: futex address, file descriptor, ...'),
      field('waker', 'ref', 'thread.id of the waker, null when no task woke it'),
      field('cpu_off', 'cpu', 'CPU it left'),
      field('cpu_on', 'cpu', 'CPU it ran on again'),
    ],
  }),
  wait_site: table({
    name: 'wait_site',
    doc: 'distinct circumstances of off-CPU intervals',
    columns: [
      id,
      field('state', 'flags', 'task state: 0 runnable, 1 interruptible, 2 uninterruptible, 4 stopped, 8 traced'),
      field('syscall', 'text', 'system call it was in, null when in none'),
      field('iowait', 'boolean', '1 when the kernel counted it as waiting for I/O'),
      field('throttled', 'boolean', '1 when its CPU quota was used up'),
      field(
        'file_type',
        'number',
        '0 none, 1 pipe, 2 UNIX socket, 3 inet socket, 4 regular, 5 character device, 6 block device, 7 directory, 8 other socket, 9 anonymous',
      ),
      field('file_device', 'number', 'device number of a device file'),
      field('file_inode', 'word', 'inode of the file'),
      field('futex_op', 'number', 'operation of futex(2), else null'),
      field('waker_context', 'number', '0 not woken, 1 a task, 2 a timer, 3 an interrupt, 4 a softirq'),
      field('waker_syscall', 'text', 'system call the waker was in, null when in none'),
      field('held', 'boolean', '1 when whytrace had stopped the process to attach probes'),
    ],
  }),
  run_slice: table({
    name: 'run_slice',
    doc: 'who ran on a CPU while a tracked thread was waiting for one',
    columns: [
      id,
      field('start_ns', 'time', 'switched in'),
      field('duration_ns', 'duration', 'until it was switched out'),
      field('cpu', 'cpu', 'the CPU'),
      field('thread', 'ref', 'thread.id of who ran'),
    ],
  }),
  thread: table({
    name: 'thread',
    doc: 'distinct threads by id and name; pid 0 is the idle task',
    columns: [id, field('pid', 'pid', 'process'), field('tid', 'tid', 'thread'), field('comm', 'comm', 'name')],
  }),
  process: table({
    name: 'process',
    doc: 'processes that were traced or seen',
    columns: [
      id,
      field('pid', 'pid', 'process'),
      field('start_ns', 'time', 'when it began, negative when before the recording'),
      field('end_ns', 'time', 'when its last thread ended, null when it was alive at the end'),
      field('comm', 'comm', 'name'),
      field('exe', 'untrusted_text', 'path of the program'),
      field('args', 'untrusted_text', 'command line, cut at 256 characters'),
      field('parent_pid', 'pid', 'its parent'),
      field('uid', 'number', 'user id'),
      field('cgroup', 'untrusted_text', 'cgroup path'),
      field('container', 'untrusted_text', 'container id, null when in none'),
      field('tracked', 'boolean', '1 when its events were recorded'),
      field('exit_code', 'number', 'exit code as wait4 gives it'),
      field('note', 'text', 'what a reader must know, such as a statically linked CUDA runtime'),
    ],
  }),
  stack: table({
    name: 'stack',
    doc: 'distinct user stacks',
    columns: [
      id,
      field('pid', 'pid', 'process in which its addresses are valid'),
      field('frames', 'number', 'number of frames'),
    ],
  }),
  stack_frame: table({
    name: 'stack_frame',
    doc: 'frames of a stack, the innermost first',
    columns: [
      field('stack', 'ref', 'stack.id'),
      field('position', 'number', '0 is the caller of the traced call'),
      field('frame', 'ref', 'frame.id'),
    ],
    primaryKey: ['stack', 'position'],
  }),
  frame: table({
    name: 'frame',
    doc: 'distinct code addresses with their names',
    columns: [
      id,
      field('name', 'untrusted_text', 'function, null when it has no symbol'),
      field('module', 'untrusted_text', 'file the code is in'),
      field('offset', 'number', 'bytes from the start of the function, or of the file when it has no symbol'),
    ],
  }),
  library: table({
    name: 'library',
    doc: 'files in which probes were placed',
    columns: [
      id,
      field('path', 'untrusted_text', 'path as the process sees it'),
      field('kind', 'text', 'cudart, cuda, or static for a program with the runtime linked into it'),
      field('attached_ns', 'time', 'when its probes were ready'),
      field('probes', 'number', 'functions probed'),
      field('missing', 'number', 'functions of the catalogue that it does not have, which is normal'),
      field('single_step', 'number', 'probes whose instruction must be single-stepped: dear, see doctor'),
    ],
  }),
  loss: table({
    name: 'loss',
    doc: 'what the recording lacks',
    columns: [
      id,
      field('start_ns', 'time', 'from'),
      field('end_ns', 'time', 'to'),
      field('reason', 'text', 'meta_loss.name'),
      field('count', 'count', 'how many events'),
      field('detail', 'untrusted_text', 'which, when that is known'),
    ],
  }),
  total: table({
    name: 'total',
    doc: 'exact totals of each process and call, never sampled, kept also for calls whose rows were lost',
    columns: [
      field('pid', 'pid', 'process'),
      field('op', 'ref', 'meta_op.id'),
      field('count', 'count', 'calls'),
      field('sum_ns', 'duration', 'time in them'),
      field('max_ns', 'duration', 'the longest'),
      field('p50_ns', 'duration', 'median, from the histogram'),
      field('p95_ns', 'duration', '95th percentile'),
      field('p99_ns', 'duration', '99th percentile'),
      field('failed', 'count', 'calls that did not return 0'),
      field('histogram', 'histogram', 'durations, 8 buckets to a factor of two'),
    ],
    primaryKey: ['pid', 'op'],
  }),
  second: table({
    name: 'second',
    doc: 'the same totals for each second of the recording',
    columns: [
      field('second', 'number', 'seconds since the recording began'),
      field('pid', 'pid', 'process'),
      field('op', 'ref', 'meta_op.id'),
      field('count', 'count', 'calls that returned in it'),
      field('sum_ns', 'duration', 'time in them'),
      field('max_ns', 'duration', 'the longest'),
      field('histogram', 'histogram', 'durations, 8 buckets to a factor of two'),
    ],
    primaryKey: ['second', 'pid', 'op'],
  }),
  segment: table({
    name: 'segment',
    doc: 'which rows of a table were written together: finds a time window without an index',
    columns: [
      id,
      field('table_name', 'text', 'call, off_cpu or run_slice'),
      field('first_id', 'ref', 'first row'),
      field('last_id', 'ref', 'last row'),
      field('start_ns', 'time', 'earliest start'),
      field('end_ns', 'time', 'latest end'),
      field('longest_ns', 'duration', 'longest duration'),
    ],
  }),
} as const;
