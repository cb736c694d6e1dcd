// Which time inside a call was spent waiting for the GPU. The device itself is not observed: the call's purpose says so.
import { fileTypes } from '../../catalogue/events.ts';
import type { WaitRow } from '../../store/recording.ts';
import { hasTaskWaker } from './blocked.ts';

const POLLS: ReadonlySet<string> = new Set(['poll', 'ppoll', 'select', 'pselect6', 'epoll_wait', 'epoll_pwait']);
const ON_DEVICE: ReadonlySet<string> = new Set(['ioctl', 'read', ...POLLS]);

/** Whether being on a CPU in a call of this role means to spin for the device. */
export const spinsForGpu = (role: string): boolean => role === 'sync';

/**
 * Whether the blocked part of a wait inside a call is a wait for the GPU: the thread waits on a character device, or, in a
 * call whose purpose is to wait for the device, in futex or poll, and its own process or an interrupt ends it. A wait that
 * another process ended is that process's doing, whatever the call is for.
 */
export const blocksForGpu = (wait: WaitRow, role: string): boolean => {
  const byOwn = hasTaskWaker(wait) && wait.waker_pid === wait.pid;
  const byInterrupt = wait.waker_context === 'irq' || wait.waker_context === 'softirq';
  if (!byOwn && !byInterrupt) return false;
  const syscall = wait.syscall ?? '';
  if (wait.file_type === fileTypes.character) return ON_DEVICE.has(syscall);
  return role === 'sync' && (syscall.startsWith('futex') || POLLS.has(syscall)) && wait.kind !== 'network';
};
