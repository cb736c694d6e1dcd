// What a blocked thread waited for, in words and with who ended it: straight from one row of `waits`, nothing inferred.
import { cleanText } from '../../base/sanitize.ts';
import { fileTypes } from '../../catalogue/events.ts';
import { isRootKind, type RootKind } from '../../catalogue/root-kinds.ts';
import type { WaitRow } from '../../store/recording.ts';
import type { Culprit, Grade } from '../chain.ts';

const FILES: Readonly<Record<number, string>> = {
  [fileTypes.pipe]: 'a pipe',
  [fileTypes.unix]: 'a UNIX socket',
  [fileTypes.inet]: 'a network socket',
  [fileTypes.regular]: 'a file',
  [fileTypes.character]: 'a character device',
  [fileTypes.block]: 'a block device',
  [fileTypes.directory]: 'a directory',
  [fileTypes.socket]: 'a socket',
  [fileTypes.anonymous]: 'an anonymous file',
};

/** Of another tool's rows: what was taken from times alone. */
const UNTOLD: Readonly<Record<string, string>> = {
  block_io: 'a block request of its own ended just before it ran',
  sleep: 'many of its waits have this round length',
  gil: "many of its waits have the length of Python's switch interval",
};

/** Task states of include/linux/sched.h: of a wait that a signal may end, and of a thread that is stopped or traced. */
const INTERRUPTIBLE = 1;
const STOPPED = 4 | 8;

/**
 * Whether a page fault was left to a program (fs/userfaultfd.c): only for one a thread waits so that a signal may end it. The
 * kernel waits for its own reads whatever comes.
 */
export const isServedFault = (wait: WaitRow): boolean => wait.kind === 'page_fault' && wait.state === INTERRUPTIBLE;

/** Whether the thread did not wait for anything: a signal or a debugger stopped it. */
export const isStopped = ({ kind, state }: WaitRow): boolean => kind === 'signal' && ((state ?? 0) & STOPPED) !== 0;

/** Where no task is known that ended it, the address says who is to be asked. */
const farEnd = (wait: WaitRow): string =>
  wait.file_type === fileTypes.inet && wait.object !== null && !hasTaskWaker(wait)
    ? ` to ${cleanText(wait.object, 80)}`
    : '';

const siteOf = (wait: WaitRow): string => {
  if (isServedFault(wait)) return 'page fault that a program serves';
  if (wait.kind === 'page_fault') return 'major page fault';
  if (isStopped(wait)) return 'stopped by a signal';
  if (wait.state === null) return UNTOLD[wait.kind] ?? 'the recording does not tell what for';
  if (wait.syscall === null) return 'no system call';
  const syscall = cleanText(wait.syscall, 32);
  if (syscall.startsWith('futex')) return `futex 0x${Math.max(0, wait.arg0 ?? 0).toString(16)}`;
  const file = FILES[wait.file_type];
  return file === undefined ? syscall : `${syscall} on ${file}${farEnd(wait)}`;
};

const endOf = (wait: WaitRow, kind: RootKind): string => {
  if (wait.waker_context === 'timer') return kind === 'sleep' ? '' : ', timed out';
  if (hasTaskWaker(wait) || farEnd(wait) !== '') return '';
  if (wait.waker_context === 'irq' || wait.waker_context === 'softirq') return ', woken by an interrupt';
  return '';
};

/** Kinds whose end comes from a device: an interrupt is the proper waker. */
const fromDevice: ReadonlySet<RootKind> = new Set(['block_io', 'page_fault', 'writeback', 'network', 'gpu_wait']);

/**
 * Whether a task, and not an interrupt that came over it, ended the wait. Of a socket the recording names a waker in a
 * softirq only where that was sending to it: what is sent to this host is handed over on top of the sender.
 */
export const hasTaskWaker = (wait: WaitRow): boolean =>
  wait.waker_tid !== null &&
  (wait.waker_context === 'task' || (wait.waker_context === 'softirq' && wait.file_type === fileTypes.inet));

const gradeOf = (wait: WaitRow, kind: RootKind): Grade => {
  if (kind === 'unknown') return 'E';
  if (wait.state === null) return kind === 'block_io' ? 'B' : 'D';
  if (kind === 'observer' || (kind === 'sleep' && wait.waker_context === 'timer')) return 'A';
  if (kind === 'child' && wait.waker_syscall?.startsWith('exit')) return 'A';
  // The completion that woke it is that of its own request.
  if (wait.waker_context === 'block' && fromDevice.has(kind)) return wait.request === null ? 'B' : 'A';
  if (hasTaskWaker(wait)) return 'B';
  const byInterrupt = wait.waker_context === 'irq' || wait.waker_context === 'softirq';
  return byInterrupt && fromDevice.has(kind) ? 'B' : 'D';
};

const isFutex = ({ syscall }: WaitRow): boolean => syscall?.startsWith('futex') ?? false;

/** The cause of the blocked part of a wait. Without a known waker the culprit has pid 0; a sleep is the thread's own. */
export const blockedCause = (wait: WaitRow): Culprit & { readonly grade: Grade } => {
  // A futex that another process wakes lies in memory that both share.
  const isShared = wait.kind === 'lock' && hasTaskWaker(wait) && wait.waker_pid !== wait.pid && isFutex(wait);
  const kind = isShared ? 'ipc' : isRootKind(wait.kind) ? wait.kind : 'unknown';
  const what = `${siteOf(wait)}${isShared ? ' in shared memory' : ''}${endOf(wait, kind)}`;
  const grade = gradeOf(wait, kind);
  if (kind === 'sleep') return { kind, pid: wait.pid, tid: wait.tid, comm: cleanText(wait.comm, 16), what, grade };
  if (!hasTaskWaker(wait)) return { kind, pid: 0, tid: 0, comm: '', what, grade };
  return {
    kind,
    pid: wait.waker_pid ?? 0,
    tid: wait.waker_tid ?? 0,
    comm: cleanText(wait.waker_comm ?? '', 16),
    what,
    grade,
  };
};

/** Waits on a futex. */
const JOINED: ReadonlySet<string> = new Set(['lock', 'gil']);
/** A thread that goes on waiting for Python's lock begins again within so many ns. */
const AGAIN_NS = 100_000;

/** Whether nothing was waited for: the thread lost its CPU between two waits. */
const isPreemption = (wait: WaitRow): boolean => wait.blocked_ns === 0 && !hasTaskWaker(wait);

/** Whether a wait goes on with what one before it, which was ended by its time-out, waited for. */
const goesOn = (wait: WaitRow, following: WaitRow): boolean => {
  if (following.kind !== wait.kind || following.syscall !== wait.syscall) return false;
  if (following.arg0 === wait.arg0) return true;
  // Python's lock is several words: a condition's two and that of its mutex (Python/ceval_gil.c, take_gil).
  return wait.kind === 'gil' && following.start_ns - wait.start_ns - wait.duration_ns < AGAIN_NS;
};

/**
 * A futex wait with a time-out is made of several intervals: all but the last are ended by the timer and mean nothing by
 * themselves. Each takes over the waker of the next wait on the same address, or for the same lock of Python's.
 */
export const joinTimeouts = <W extends WaitRow>(waits: readonly W[]): readonly W[] => {
  const joined = [...waits];
  let next: W | undefined;
  for (let i = joined.length - 1; i >= 0; i--) {
    const wait = joined[i];
    // A preemption between two waits on a lock does not end the waiting.
    if (wait === undefined || isPreemption(wait)) continue;
    const following = next;
    next = wait;
    if (!JOINED.has(wait.kind) || wait.waker_context !== 'timer') continue;
    if (following === undefined || !goesOn(wait, following)) continue;
    next = {
      ...wait,
      waker_context: following.waker_context,
      waker_tid: following.waker_tid,
      waker_pid: following.waker_pid,
      waker_comm: following.waker_comm,
      waker_syscall: following.waker_syscall,
    };
    joined[i] = next;
  }
  return joined;
};
