// Which time inside a call was spent waiting for the GPU. The device itself is not observed: the call's purpose says so.
import { callById } from '../../catalogue/calls.ts';
import { fileTypes } from '../../catalogue/events.ts';
import type { RootKind } from '../../catalogue/root-kinds.ts';
import type { Recording, WaitRow } from '../../store/recording.ts';
import { hasTaskWaker } from './blocked.ts';

const POLLS: ReadonlySet<string> = new Set(['poll', 'ppoll', 'select', 'pselect6', 'epoll_wait', 'epoll_pwait']);
const ON_DEVICE: ReadonlySet<string> = new Set(['ioctl', 'read', ...POLLS]);

/** Whether being on a CPU in a call of this role means to spin for the device. */
export const spinsForGpu = (role: string): boolean => role === 'sync';

/** Calls that give the device work or memory, and may have to wait until it has done what it was given before. */
const USES_DEVICE: ReadonlySet<string> = new Set([
  'launch',
  'copy',
  'fill',
  'alloc',
  'free',
  'graph',
  'event',
  'stream',
]);
/** Operations whose purpose is to wait for the device. */
const waitsForDevice: ReadonlySet<string> = new Set(
  [...callById.values()].flatMap(({ op, role }) => (role === 'sync' ? [op] : [])),
);
/** Those whose wait is the allocator's: it gives memory back only when the device is done with it. */
const OF_MEMORY: ReadonlySet<string> = new Set(['alloc', 'free']);

/** The longest calls of each operation that waits for the device, which tell who ends such waits. */
const LOOKED_AT = 4;
const known = new WeakMap<Recording, Map<number, ReadonlySet<number>>>();

/** Threads of a process that ended waits in its calls whose purpose is to wait for the device: they speak for it. */
const deviceThreads = (recording: Recording, pid: number): ReadonlySet<number> => {
  const processes = known.get(recording) ?? new Map<number, ReadonlySet<number>>();
  known.set(recording, processes);
  const found = processes.get(pid);
  if (found !== undefined) return found;
  const ops = recording.totals().filter((total) => total.pid === pid && waitsForDevice.has(total.op));
  const calls = ops.flatMap(({ op }) => recording.slowestCalls({ pid, op, limit: LOOKED_AT }));
  const threads = calls.flatMap(({ tid, start_ns, duration_ns }) =>
    recording
      .waitsOf(tid, { start_ns, end_ns: start_ns + duration_ns })
      .filter((wait) => wait.start_ns >= start_ns && hasTaskWaker(wait) && wait.waker_pid === pid)
      .map(({ waker_tid }) => waker_tid ?? 0),
  );
  processes.set(pid, new Set(threads));
  return new Set(threads);
};

/**
 * As what the blocked part of a wait inside a call waits for the GPU: the thread waits on a character device, or, in a call
 * whose purpose is to wait for the device, in futex or poll, and its own process or an interrupt ends it; or, in a call
 * that uses the device, in futex for the thread that ends such waits, too. Undefined for any other; a wait that another
 * process ended is that process's doing, whatever the call is for.
 */
export const gpuWaitOf = (recording: Recording, wait: WaitRow, role: string): RootKind | undefined => {
  const byOwn = hasTaskWaker(wait) && wait.waker_pid === wait.pid;
  const byInterrupt = wait.waker_context === 'irq' || wait.waker_context === 'softirq';
  if (role === '' || (!byOwn && !byInterrupt)) return undefined;
  const syscall = wait.syscall ?? '';
  const kind = OF_MEMORY.has(role) ? 'gpu_memory' : 'gpu_wait';
  if (wait.file_type === fileTypes.character) return ON_DEVICE.has(syscall) ? kind : undefined;
  if (role === 'sync' && (syscall.startsWith('futex') || POLLS.has(syscall)) && wait.kind !== 'network') return kind;
  const isInside = USES_DEVICE.has(role) && byOwn && wait.kind === 'lock' && syscall.startsWith('futex');
  return isInside && deviceThreads(recording, wait.pid).has(wait.waker_tid ?? 0) ? kind : undefined;
};
