// Makes this program a guest on the machine it watches: whoever wakes on a CPU where it runs goes first, and the helper
// threads of the JavaScript engine (compiler, collector) give way to all. Linux keeps this per thread; a new thread takes
// that of its parent.
import { readdirSync } from 'node:fs';
import { getPriority } from 'node:os';
import type { System } from './libbpf.ts';

// struct sched_attr of linux/sched/types.h: size, policy, flags, nice, priority, runtime.
const SCHED_ATTR_BYTES = 48;
const SCHED_OTHER = 0;
/**
 * The turn we ask for, from Linux 6.12 on: longer than the ordinary 3 ms, since a thread with a shorter one takes the CPU as
 * soon as it wakes (PREEMPT_SHORT of kernel/sched/features.h). Older kernels take no notice. Shares stay what they were.
 */
const TURN_NS = 20_000_000n;
/** A tenth of an ordinary thread's share where both want the CPU. */
const HELPER_NICE = 10;

/** The bytes that sched_setattr reads. `nice`: -20 to 19. */
export const schedulingOf = (nice: number): Uint8Array => {
  const bytes = new Uint8Array(SCHED_ATTR_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, SCHED_ATTR_BYTES, true);
  view.setUint32(4, SCHED_OTHER, true);
  view.setInt32(16, nice, true);
  view.setBigUint64(24, TURN_NS, true);
  return bytes;
};

/**
 * Lets others go first. To be called after the program to record was started, which would take it over. Where the system
 * refuses it, nothing changes.
 */
export const stepAside = (system: Pick<System, 'setScheduling'>): void => {
  const own = getPriority();
  for (const name of readdirSync('/proc/self/task')) {
    const tid = Number(name);
    system.setScheduling(tid, schedulingOf(tid === process.pid ? own : Math.max(own, HELPER_NICE)));
  }
};
