// What to do about a cause, as far as this evidence goes, with the time it would save.

import { durationText } from '../../base/units.ts';
import type { ProcessRow, Recording } from '../../store/recording.ts';
import { HELD } from '../causes/request.ts';
import { DROPPED_BY, SENT_AGAIN } from '../causes/sent-again.ts';
import type { Culprit } from '../chain.ts';
import type { Part } from '../pieces.ts';
import { HANDS_OVER } from '../symptoms/slow-call.ts';
import { commText, processText, taskText } from './cause.ts';

/** Whose time it is and for what, and its cause. Times in ns, over all that the advice is about. */
export type Advised = {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly op: string;
  readonly role: string;
  readonly part: Part;
  readonly total_ns: number;
  readonly explained_ns: number;
};

/** What to do first, and what would help instead. */
type Advice = { readonly first: string; readonly second?: string };

/** Kernel threads that stay on their CPU whatever one does. */
const BOUND = /^(kworker|ksoftirqd|migration|rcu|cpuhp|irq|idle_inject|watchdog)\b/;

/** The CPUs besides one, as taskset takes them; undefined when there is no other or their number is not known. */
const otherCpus = (recording: Recording, cpu: number): string | undefined => {
  const cpus = Number(recording.facts.get('cpus') ?? Number.NaN);
  if (!Number.isSafeInteger(cpus) || cpus < 2 || cpu >= cpus) return undefined;
  const range = (from: number, to: number) => (from > to ? [] : [from === to ? `${from}` : `${from}-${to}`]);
  return [...range(0, cpu - 1), ...range(cpu + 1, cpus - 1)].join(',');
};

/** Whether a process was started, at whatever distance, by another. */
const isDescendant = (processes: readonly ProcessRow[], pid: number, of: number): boolean => {
  const seen = new Set<number>();
  for (let at = pid; !seen.has(at); ) {
    seen.add(at);
    const parent = processes.find((process) => process.pid === at)?.parent_pid;
    if (parent == null) return false;
    if (parent === of) return true;
    at = parent;
  }
  return false;
};

const forRunnable = (recording: Recording, root: Culprit, { part, ...thread }: Advised): Advice => {
  const waiting = part.path.at(-1)?.to ?? thread;
  const comm = commText(waiting.comm);
  const victim = `${comm} (pid ${waiting.pid})`;
  if (root.pid === 0) return { first: `give ${victim} more CPU time: see the run_slices of that time` };
  if (root.pid === waiting.pid)
    return {
      first: `let ${processText(root)} of the same process run on another CPU than thread ${waiting.tid}, or use fewer threads`,
    };
  const [cpu] = part.cpus ?? [];
  if (BOUND.test(root.comm)) return { first: `find what keeps the kernel thread ${root.comm} busy on CPU ${cpu}` };
  const child = isDescendant(recording.processes(), root.pid, thread.pid) ? `, started by pid ${thread.pid}` : '';
  const culprit = `${commText(root.comm)} (pid ${root.pid}${child})`;
  const nice = `\`renice 19 $(ls /proc/${root.pid}/task)\``;
  const free = cpu === undefined ? undefined : otherCpus(recording, cpu);
  const apart = `or a CPU of its own for ${comm}`;
  return free === undefined
    ? { first: `lower the priority of ${culprit} with ${nice}`, second: apart }
    : {
        first: `move ${culprit} off CPU ${cpu}: \`taskset -apc ${free} ${root.pid}\``,
        second: `or ${nice}, ${apart}`,
      };
};

/** What was kept from the disk's queue waited for no disk, but for leave to use it. */
const isHeld = ({ what }: Culprit): boolean => what.includes(HELD);
const LOST =
  'packets get lost on the way: record --watch network names those that this host drops; see also the view packet_drops, and the queues of the interfaces (tc -s qdisc)';
/** What to look at where this host itself dropped packets: reasons of include/net/dropreason-core.h. */
const DROPPERS: readonly (readonly [reason: RegExp, advice: string])[] = [
  [/^NETFILTER/, 'a firewall rule of this host drops the packets: see nft list ruleset, iptables-save'],
  [/^(TC_|XDP|BPF_)/, 'a program at the interface drops the packets: see tc filter show, bpftool net'],
  [/^(QDISC|CPU_BACKLOG|FULL_RING)/, 'a queue is too short for what is sent: see tc -s qdisc, and send less at once'],
  [
    /^(SOCKET|PROTO_MEM|TCP_.*PRUNE|TCP_OFO)/,
    'the receiving program reads too slowly: read sooner, or give its socket more room',
  ],
  [/(CSUM|INHDR|TOO_SMALL|HDR_TRUNC)$/, 'packets arrive damaged: see the cable, the card and its driver (ethtool -S)'],
  [/^(NEIGH|IP_.*NOROUTES|PKT_TOO_BIG)/, 'there is no way to the other host: see ip route get, ip neigh'],
];

const forDropped = (what: string): string | undefined => {
  const reason = new RegExp(`${DROPPED_BY}(\\w+)`).exec(what)?.[1];
  if (reason === undefined) return undefined;
  return DROPPERS.find(([pattern]) => pattern.test(reason))?.[1] ?? `see why this host drops packets: ${reason}`;
};
const RAISE =
  'find what holds requests back before the disk: a limit of the cgroup (io.max, blkio.throttle.*) or a layer above it';

/** Where a socket's other end is, else what was waited for. */
const farEndOf = ({ what }: Culprit): string => {
  const address = / to (\S+:\d+.*)$/.exec(what)?.[1];
  return address === undefined ? `the other end of ${what}` : address;
};

const forOthers = (root: Culprit, { pid, tid, op, role }: Advised): string => {
  switch (root.kind) {
    case 'throttled':
      return `raise the CPU quota (cpu.max, or cpu.cfs_quota_us) of the cgroup of pid ${root.pid}, or use fewer threads in it`;
    case 'lock':
    case 'gil':
      return root.pid === 0
        ? `see who uses ${root.what} in pid ${pid}`
        : `see what ${taskText(root)} does before it wakes thread ${tid}`;
    case 'sleep':
      return root.tid === tid
        ? `take the sleep out of the path of ${op}, or shorten it`
        : `take the sleep of ${taskText(root)} out of the way of thread ${tid}, or shorten it`;
    case 'network':
      if (root.what.includes(SENT_AGAIN) || root.what.includes(DROPPED_BY)) return forDropped(root.what) ?? LOST;
      return root.pid === 0
        ? `see what is at ${farEndOf(root)}`
        : `see why ${taskText(root)} kept thread ${tid} waiting`;
    case 'ipc':
    case 'child':
    case 'signal':
      return root.pid === 0
        ? `see what is at the other end of ${root.what}`
        : `see why ${taskText(root)} kept thread ${tid} waiting`;
    case 'block_io':
      return isHeld(root) ? RAISE : 'read the data before it is needed, or from a faster device';
    case 'writeback':
      return isHeld(root) ? RAISE : 'write to disk less often, or from another thread';
    case 'page_fault':
      if (isHeld(root)) return RAISE;
      return 'touch or lock the pages before they are needed (MAP_POPULATE, mlock)';
    case 'first_call':
      return 'call it once before the time counts; for kernels CUDA_MODULE_LOADING=EAGER loads all of them at start';
    case 'gpu_wait':
      return root.tid === 0 || root.tid === tid
        ? 'see what was launched before this call'
        : `see what was launched before this call; if that was no more than usual, why ${taskText(root)} woke it late`;
    case 'on_cpu':
      if (role === '')
        return `see get_stacks --on-cpu for pid ${root.pid}; do that work ahead, or in another thread or process`;
      return HANDS_OVER.has(role)
        ? `see get_stacks for ${op}: it only hands work over, so that it may spin until the full queue of the device has room; launch less work ahead`
        : `see get_stacks for ${op}: it works, or spins, for that long`;
    case 'observer':
      return 'record fewer processes, or run whytrace on another CPU';
    case 'gpu_memory':
      return 'keep memory of the device and use it again, or free it where nothing is running (cudaFreeAsync, no empty_cache in the loop)';
    case 'reclaim':
    case 'oom':
    case 'irq':
    case 'runnable':
    case 'unknown':
      return 'record again with fewer losses, or look at the rows in evidence with run_sql';
  }
};

/** Kinds whose advice saves the time of the root when it is followed. */
const SAVES: ReadonlySet<Culprit['kind']> = new Set([
  ...(['runnable', 'throttled', 'lock', 'gil', 'sleep', 'ipc', 'child', 'block_io', 'writeback'] as const),
  ...(['page_fault', 'network', 'first_call', 'observer'] as const),
]);

/** What to do, from the evidence of this chain, with the gain over all of its calls; for hogs what else would help. */
export const recommendationsOf = (recording: Recording, root: Culprit, advised: Advised): readonly string[] => {
  const { first, second }: Advice =
    root.kind === 'runnable' ? forRunnable(recording, root, advised) : { first: forOthers(root, advised) };
  const more = second === undefined ? [] : [second];
  if (!SAVES.has(root.kind)) return [first, ...more];
  const { total_ns, explained_ns } = advised;
  return [`${first} (saves up to ${durationText(explained_ns)} of ${durationText(total_ns)})`, ...more];
};
