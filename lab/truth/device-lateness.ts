// How late the simulated device was with the work it had: its kernels take a set time, by a timer of the machine. A machine
// whose timers stand still for milliseconds plays nothing healthy. Knows the log, not the recording.
import type { Step } from './log.ts';

/** Whose work of the device has a known length. */
const KERNELS: Readonly<Record<string, (step: Step) => number>> = {
  launch: ({ numbers }) => numbers[0],
  launch_new: () => 1,
};
const OTHER_WORK: ReadonlySet<string> = new Set(['upload', 'upload_pinned', 'realloc']);

/**
 * The longest time that the device needed beyond the kernels it was asked for, in ns, in any wait for it; 0 where it was also
 * asked for copies, or where the length of a kernel (`kernel_ns`) is not known.
 */
export const deviceLateness = (steps: readonly Step[], kernel_ns: number): number => {
  if (kernel_ns === 0 || steps.some(({ act }) => OTHER_WORK.has(act))) return 0;
  let busyUntil = 0;
  let latest = 0;
  for (const step of steps) {
    const kernels = KERNELS[step.act]?.(step) ?? 0;
    if (kernels > 0) busyUntil = Math.max(busyUntil, step.end) + kernels * kernel_ns;
    if (step.act !== 'sync') continue;
    latest = Math.max(latest, step.end - Math.max(busyUntil, step.start) - step.delay);
    busyUntil = step.end;
  }
  return latest;
};
