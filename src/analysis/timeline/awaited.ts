// Whom a thread waited for in a stretch of its time: who ran on its CPU, who held the lock, who woke it. One answer for each
// instant, the best that its rows prove; nothing is inferred.
import { cleanText } from '../../base/sanitize.ts';
import type { RootKind } from '../../catalogue/root-kinds.ts';
import type { WaitDetails } from '../../store/read-wait-details.ts';
import type { Recording, Window } from '../../store/recording.ts';
import { hasTaskWaker } from '../causes/blocked.ts';
import type { EndedWait } from '../causes/keeper.ts';
import { createOccupants } from '../occupants.ts';
import type { Stretch } from './states.ts';

/** How it is known who it was. */
export type Relation =
  /** It ran on the CPU that the thread waited for. */
  | 'ran'
  /** It held the lock when the thread began to wait, or kept it all that time. */
  | 'holder'
  | 'waker'
  /** The process at the other end of the socket or pipe. */
  | 'peer'
  | 'device'
  | 'interrupt'
  | 'timer'
  | 'quota'
  /** Nobody ran on that CPU. */
  | 'idle'
  | 'unknown';

/** Who it was; pid and tid are 0 where it was no task, and comm is the number of a device or empty. */
export type Awaited = {
  readonly kind: RootKind;
  readonly by: Relation;
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
};

export type AwaitedPart = { readonly awaited: Awaited; readonly duration_ns: number };

const NAME = 16;
const LOCKS: ReadonlySet<RootKind> = new Set(['lock', 'gil']);

const nobody = (kind: RootKind, by: Relation): Awaited => ({ kind, by, pid: 0, tid: 0, comm: '' });

/** Who ended the part of a wait in which the thread was not ready. `holder` names the thread that held the lock. */
const blockerOf = (
  wait: EndedWait,
  kind: RootKind,
  details: WaitDetails | undefined,
  holder: (tid: number) => { readonly pid: number; readonly comm: string },
): Awaited => {
  if (kind === 'throttled') return nobody(kind, 'quota');
  const owner = details?.owner_tid ?? 0;
  if (LOCKS.has(kind) && owner !== 0) return { kind, by: 'holder', tid: owner, ...holder(owner) };
  if (hasTaskWaker(wait)) {
    const comm = cleanText(wait.waker_comm ?? '', NAME);
    const by = wait.isKept === true ? 'holder' : 'waker';
    return { kind, by, pid: wait.waker_pid ?? 0, tid: wait.waker_tid ?? 0, comm };
  }
  if (wait.waker_context === 'timer') return nobody(kind, 'timer');
  const peer = details?.peer_pid ?? 0;
  if (peer !== 0) return { kind, by: 'peer', pid: peer, tid: 0, comm: cleanText(details?.peer_comm ?? '', NAME) };
  const request = details?.request ?? null;
  if (wait.waker_context === 'block' || request !== null)
    return { ...nobody(kind, 'device'), comm: request?.device ?? '' };
  const interrupted = wait.waker_context === 'irq' || wait.waker_context === 'softirq';
  return nobody(kind, interrupted ? 'interrupt' : 'unknown');
};

/** Of whom to say whom they waited for. */
export type Waiting = { readonly pid: number; readonly tid: number };

/**
 * Splits stretches by who was waited for; the parts add up to the stretch, and running has none. `comms` are the names of
 * threads by id.
 */
export const createAwaited = (
  recording: Recording,
  waiting: Waiting,
  window: Window,
  details: ReadonlyMap<number, WaitDetails>,
  comms: ReadonlyMap<number, string>,
) => {
  const occupants = createOccupants(recording, window, waiting.tid);
  const recorder = Number(recording.facts.get('recorder_pid') ?? 0);
  // The word of a lock names a thread of the process that waits: nothing else can tell whose it is.
  const holder = (tid: number) => ({ pid: waiting.pid, comm: cleanText(comms.get(tid) ?? '', NAME) });

  const queued = (wait: EndedWait, start_ns: number, end_ns: number): readonly AwaitedPart[] => {
    const { cpu_off, cpu_on } = wait;
    // A thread that was put aside stays in the queue that it was in, until another CPU takes it over.
    const cpus = wait.blocked_ns === 0 ? ([cpu_off, cpu_on] as const) : ([cpu_on, cpu_on] as const);
    return occupants({ start_ns, end_ns }, cpus).map(({ slice, ...part }) => {
      const duration_ns = part.end_ns - part.start_ns;
      if (slice === undefined) return { awaited: nobody('runnable', 'unknown'), duration_ns };
      const { pid, tid } = slice;
      if (pid === 0) return { awaited: nobody('runnable', 'idle'), duration_ns };
      const kind = pid === recorder ? 'observer' : 'runnable';
      return { awaited: { kind, by: 'ran', pid, tid, comm: cleanText(slice.comm, NAME) }, duration_ns };
    });
  };

  return ({ wait, state, kind, start, end }: Stretch): readonly AwaitedPart[] => {
    if (wait === undefined) return [];
    if (state === 'runnable') return queued(wait, start, end);
    return [{ awaited: blockerOf(wait, kind, details.get(wait.id), holder), duration_ns: end - start }];
  };
};
