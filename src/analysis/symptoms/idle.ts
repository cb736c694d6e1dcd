// Whether gaps are those of a server that waits for its next request: a device without work is no fault where nothing was
// asked for. Judges when the gaps were and what the other side did; knows nothing of who is a server.
import type { Recording, Window } from '../../store/recording.ts';
import type { Cause, Stretches } from '../stretches.ts';

/** Calls in which one waits for what another sends. */
const RECEIVES = /^(?:read|readv|recv\w*|accept4?|p?poll|p?select6?|epoll_\w+)\b/;
/** How much less of the time one may wait for the other side at one time than at another. */
const EVEN = 0.5;
/** Part of the time that the gaps must span: gaps that began at some time have a reason. */
const SPANNED = 0.8;
/** Stretches that are looked at, and waits that are read in them. */
const LOOKS = 8;
const MOST_WAITS = 200_000;

/** Stretches that lie evenly between two times, with about as many waits as may be read. */
const looksOf = (recording: Recording, { start_ns, end_ns }: Window): readonly Window[] => {
  const part = Math.min(1, MOST_WAITS / Math.max(1, recording.waitsIn({ start_ns, end_ns })));
  const step = (end_ns - start_ns) / LOOKS;
  return Array.from({ length: LOOKS }, (_, i) => {
    const start = Math.round(start_ns + i * step);
    return { start_ns: start, end_ns: Math.round(start + step * part) };
  });
};

/** Whether a thread waits for another one as much from first to last. */
const isEven = (recording: Recording, looks: readonly Window[], tid: number, other: number): boolean => {
  const shares = looks.map((look) => {
    const waits = recording.waitsOf(tid, look).filter(({ waker_tid }) => waker_tid === other);
    const inside = waits.map(({ start_ns, blocked_ns }) =>
      Math.max(0, Math.min(look.end_ns, start_ns + blocked_ns) - Math.max(look.start_ns, start_ns)),
    );
    return inside.reduce((sum, ns) => sum + ns, 0) / (look.end_ns - look.start_ns);
  });
  return Math.min(...shares) >= EVEN * Math.max(...shares);
};

/** Whether a thread ever waits for a process: then that one has a say in when it goes on. */
const waitsFor = (recording: Recording, looks: readonly Window[], tid: number, pid: number): boolean =>
  looks.some((look) =>
    recording
      .waitsOf(tid, look)
      .some(({ waker_pid, kind }) => waker_pid === pid && kind !== 'sleep' && kind !== 'signal'),
  );

/**
 * Whether the gaps are no fault: the thread waits for what another process sends, that one sleeps by its own timer and never
 * waits for this process, and all that goes on like this from first to last.
 */
export const isIdle = (recording: Recording, stretches: Stretches, { part }: Cause): boolean => {
  const [hop] = part.path;
  if (stretches.kind !== 'gap' || part.kind !== 'sleep' || hop === undefined || part.path.length > 1) return false;
  if ((hop.kind !== 'ipc' && hop.kind !== 'network') || !RECEIVES.test(hop.to.what)) return false;
  const gaps = [...stretches.windows, ...stretches.others];
  const start_ns = gaps.reduce((least, gap) => Math.min(least, gap.start_ns), Number.POSITIVE_INFINITY);
  const end_ns = gaps.reduce((most, gap) => Math.max(most, gap.end_ns), 0);
  if (hop.to.pid === stretches.pid || end_ns - start_ns < SPANNED * stretches.whole_ns) return false;
  const looks = looksOf(recording, { start_ns, end_ns });
  const isCalled = isEven(recording, looks, stretches.tid, hop.to.tid);
  return isCalled && !waitsFor(recording, looksOf(recording, recording.window), hop.to.tid, stretches.pid);
};
