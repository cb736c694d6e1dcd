// What a blocked thread waited for, as far as its system call, its state and its waker tell: the first rule that matches.
// Used as a CASE in the view `waits`, over the columns of `wait_site` (s) and `off_cpu` (o). Kernel facts only: task
// states of include/linux/sched.h (1 interruptible, 2 uninterruptible, 4 stopped, 8 traced).
import { fileTypes, wakerContexts } from './events.ts';
import type { RootKind } from './root-kinds.ts';

export type WaitRule = { readonly when: string; readonly kind: RootKind };

const sql = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ');
const sleeps = ['nanosleep', 'clock_nanosleep'];
const polls = ['poll', 'ppoll', 'select', 'pselect6', 'epoll_wait', 'epoll_pwait', 'epoll_pwait2'];
const childWaits = ['wait4', 'waitid'];
/** Who makes a process with CLONE_VFORK waits until it executes a program or ends. */
const births = ['vfork', 'clone', 'clone3'];
const signalWaits = ['rt_sigtimedwait', 'rt_sigsuspend', 'pause'];
/** System calls that wait until what was written is on the disk. */
export const syncs = ['fsync', 'fdatasync', 'sync', 'syncfs', 'sync_file_range', 'msync'];
const messages = ['msgrcv', 'msgsnd', 'semop', 'semtimedop', 'mq_timedreceive', 'mq_timedsend'];
const sockets = ['connect', 'accept', 'accept4', 'recvfrom', 'recvmsg', 'recvmmsg', 'sendto', 'sendmsg', 'sendmmsg'];

const { timer, softirq, block, task } = wakerContexts;

export const waitRules: readonly WaitRule[] = [
  { when: 's.throttled = 1', kind: 'throttled' },
  { when: 's.state = 0', kind: 'runnable' },
  { when: 's.held = 1', kind: 'observer' },
  { when: '(s.state & 12) <> 0', kind: 'signal' },
  { when: "s.activity IN ('reclaim', 'compaction')", kind: 'reclaim' },
  { when: "s.activity IN ('dirty_throttle', 'writeback')", kind: 'writeback' },
  { when: 's.gil = 1', kind: 'gil' },
  // Of another tool, which told no more than how long it was.
  { when: 's.by_time = 2', kind: 'sleep' },
  { when: "s.activity = 'kernel_lock'", kind: 'lock' },
  { when: `s.syscall IN (${sql(sleeps)})`, kind: 'sleep' },
  { when: `s.syscall IN (${sql(polls)}) AND s.waker_context = ${timer}`, kind: 'sleep' },
  { when: `s.syscall IN (${sql(childWaits)})`, kind: 'child' },
  { when: `s.syscall IN (${sql(births)}) AND s.waker_context = ${task}`, kind: 'child' },
  { when: `s.syscall IN (${sql(signalWaits)})`, kind: 'signal' },
  { when: `s.syscall IN (${sql(syncs)})`, kind: 'writeback' },
  { when: 's.syscall IS NULL AND s.kernel_thread = 0 AND (s.state & 3) <> 0', kind: 'page_fault' },
  { when: "s.syscall IN ('futex', 'futex_wait', 'futex_waitv')", kind: 'lock' },
  { when: `s.syscall IN ('flock', 'fcntl') AND s.iowait = 0`, kind: 'lock' },
  { when: `s.file_type IN (${fileTypes.pipe}, ${fileTypes.unix})`, kind: 'ipc' },
  { when: `s.file_type = ${fileTypes.inet}`, kind: 'network' },
  { when: `s.syscall IN (${sql(messages)})`, kind: 'ipc' },
  { when: `s.iowait = 1 OR s.waker_context = ${block}`, kind: 'block_io' },
  { when: `s.syscall IN (${sql(sockets)}) AND s.waker_context = ${softirq}`, kind: 'network' },
  { when: `s.file_type = ${fileTypes.anonymous} AND s.waker_context = ${timer}`, kind: 'sleep' },
  {
    when: `(s.file_type = ${fileTypes.anonymous} OR s.syscall IN (${sql(polls)})) AND s.waker_context = ${task}`,
    kind: 'ipc',
  },
];

/** The rules as an SQL expression. */
export const waitKindSql = (): string =>
  `CASE ${waitRules.map(({ when, kind }) => `WHEN ${when} THEN '${kind}'`).join(' ')} ELSE 'unknown' END`;
