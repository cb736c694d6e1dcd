// What to do about a cause, as far as this evidence goes, with the time it would save.
import { durationText } from '../../base/units.ts';
import type { Culprit } from '../chain.ts';
import type { Cluster } from '../cluster.ts';
import { taskText } from './cause.ts';

/** Kernel threads that stay on their CPU whatever one does. */
const BOUND = /^(kworker|ksoftirqd|migration|rcu|cpuhp|irq|idle_inject|watchdog)\b/;

const forRunnable = (root: Culprit, cluster: Cluster): string => {
  const { call } = cluster.symptom;
  const cpu = Number(/CPU (\d+)/.exec(root.what)?.[1] ?? Number.NaN);
  if (root.pid === 0) return `give ${call.comm} (pid ${call.pid}) more CPU time: see the run_slices of that time`;
  if (root.pid === call.pid)
    return `let thread ${root.tid} of the same process run on another CPU than thread ${call.tid}, or use fewer threads`;
  if (BOUND.test(root.comm)) return `find what keeps the kernel thread ${root.comm} busy on CPU ${cpu}`;
  return Number.isNaN(cpu)
    ? `move ${taskText(root)} to another CPU`
    : `move ${taskText(root)} off CPU ${cpu}, for instance: taskset -apc ${cpu === 0 ? 1 : 0} ${root.pid}`;
};

const adviceOf = (root: Culprit, cluster: Cluster): string => {
  const { call } = cluster.symptom;
  switch (root.kind) {
    case 'runnable':
      return forRunnable(root, cluster);
    case 'throttled':
      return `raise the CPU quota (cpu.max, or cpu.cfs_quota_us) of the cgroup of pid ${call.pid}, or use fewer threads in it`;
    case 'lock':
    case 'gil':
      return root.pid === 0
        ? `see who uses ${root.what} in pid ${call.pid}`
        : `see what ${taskText(root)} does before it wakes thread ${call.tid}`;
    case 'sleep':
      return `take the sleep out of the path of ${call.op}, or shorten it`;
    case 'ipc':
    case 'child':
    case 'network':
    case 'signal':
      return root.pid === 0
        ? `see what is at the other end of ${root.what}`
        : `see why ${taskText(root)} kept thread ${call.tid} waiting`;
    case 'block_io':
      return 'read the data before it is needed, or from a faster device';
    case 'writeback':
      return 'write to disk less often, or from another thread';
    case 'page_fault':
      return 'touch or lock the pages before they are needed (MAP_POPULATE, mlock)';
    case 'first_call':
      return 'call it once before the time counts; for kernels CUDA_MODULE_LOADING=EAGER loads all of them at start';
    case 'gpu_wait':
      return 'see what was launched before this call: the wait is as long as that work, not longer';
    case 'on_cpu':
      return `see get_stacks for ${call.op}: only less work in this call makes it shorter`;
    case 'observer':
      return 'record fewer processes, or run whytrace on another CPU';
    case 'reclaim':
    case 'oom':
    case 'irq':
    case 'gpu_memory':
    case 'unknown':
      return 'record again with fewer losses, or look at the rows in evidence with run_sql';
  }
};

/** Kinds whose advice saves the time of the root when it is followed. */
const SAVES: ReadonlySet<Culprit['kind']> = new Set([
  ...(['runnable', 'throttled', 'lock', 'gil', 'sleep', 'ipc', 'child', 'block_io', 'writeback'] as const),
  ...(['page_fault', 'network', 'first_call', 'observer'] as const),
]);

/** One recommendation, from the evidence of this chain. */
export const recommendationOf = (root: Culprit, cluster: Cluster): string => {
  const advice = adviceOf(root, cluster);
  if (!SAVES.has(root.kind)) return advice;
  const { count, total_ns, explained_ns } = cluster;
  return `${advice}: saves up to ${durationText(explained_ns)} of ${durationText(total_ns)} in ${count === 1 ? 'this call' : `these ${count} calls`}`;
};
