// What a thread did in a stretch of time: on a CPU, ready and waiting for one, or blocked, and through whom. The parts add
// up to the stretch by construction, since time on a CPU is what is left. Knows nothing of what is slow.
import { cleanText } from '../base/sanitize.ts';
import type { Recording, WaitRow, Window } from '../store/recording.ts';
import { blockedCause, joinTimeouts } from './causes/blocked.ts';
import { blocksForGpu, spinsForGpu } from './causes/gpu-wait.ts';
import type { Culprit, Grade } from './chain.ts';
import { createOccupants, type Occupied } from './occupants.ts';

/** All of a stretch that has the same cause. `start_ns` and `end_ns` span it; `evidence` names its longest rows. */
export type Part = Culprit & {
  readonly grade: Grade;
  readonly duration_ns: number;
  readonly start_ns: number;
  readonly end_ns: number;
  readonly evidence: readonly string[];
  /** Where the culprit ran, the CPU that took most of the time first, and with how many threads; of time behind a task only. */
  readonly cpus?: readonly number[];
  readonly threads?: number;
  /** Where the thread was in the code: that of the longest wait in it that has one. */
  readonly stack?: number;
};

export type Walk = {
  /** Longest first; their durations add up to the stretch. */
  readonly parts: readonly Part[];
  /** Part of the stretch that the recording tells about, 0 to 1. */
  readonly closure: number;
  /** Whether rows contradicted each other: two intervals of one thread at the same time. */
  readonly contradiction: boolean;
  /** Rows of evidence that were used. */
  readonly rows: number;
};

/** Whose time it is, and the role of the call it was spent in. */
export type Walked = {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly op: string;
  readonly role: string;
};

type Piece = Culprit & {
  /** The CPU that somebody else ran on: what another process took is one part, whatever its threads and CPUs. */
  readonly cpu?: number;
  readonly grade: Grade;
  readonly start: number;
  readonly end: number;
  readonly rows: readonly string[];
  readonly stack: number | null;
};

/** Longest pieces whose rows a part names. */
const NAMED_PIECES = 2;
/** CPUs that are named one by one. */
const MOST_CPUS = 3;

/** Values in the order of the time that they took, most first. */
const byTime = <K>(pieces: readonly Piece[], key: (piece: Piece) => K): readonly K[] => {
  const times = new Map<K, number>();
  for (const piece of pieces) times.set(key(piece), (times.get(key(piece)) ?? 0) + piece.end - piece.start);
  return [...times].sort((a, b) => b[1] - a[1]).map(([value]) => value);
};

/** "ran on CPU 1 with 3 threads", and who most of it was. */
const occupantOf = (pieces: readonly Piece[]): Pick<Part, 'tid' | 'comm' | 'what' | 'cpus' | 'threads'> => {
  const cpus = byTime(pieces, ({ cpu }) => cpu).filter((cpu) => cpu !== undefined);
  const tids = byTime(pieces, ({ tid }) => tid);
  const places = cpus.length > MOST_CPUS ? `${cpus.length} CPUs` : `CPU ${cpus.join(' and ')}`;
  const what = `ran on ${places}${tids.length > 1 ? ` with ${tids.length} threads` : ''}`;
  // A process is called by the name of its main thread, if that had a part in it: the name that it had longest.
  const main = pieces.filter(({ tid, pid }) => tid === pid);
  const named = main.length > 0 ? main : pieces.filter(({ tid }) => tid === tids[0]);
  return { tid: tids[0] ?? 0, comm: byTime(named, ({ comm }) => comm)[0] ?? '', what, cpus, threads: tids.length };
};

/** Threads of the same process as the one that waits are told apart by their names. */
const groupKey = ({ kind, pid, tid, comm, what, cpu }: Piece, own: number): string => {
  if (cpu === undefined) return JSON.stringify([kind, pid, tid, comm, what]);
  return JSON.stringify(pid === own ? [kind, pid, comm] : [kind, pid]);
};

const merge = (pieces: readonly Piece[], own: number): readonly Part[] => {
  const groups = new Map<string, Piece[]>();
  for (const piece of pieces) {
    const key = groupKey(piece, own);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [piece]);
    else group.push(piece);
  }
  const parts = [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const longest = group.toSorted((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
    const { kind, pid, tid, comm, what, grade } = longest[0] ?? first;
    const stack = longest.find((piece) => piece.stack !== null)?.stack ?? null;
    return [
      {
        ...{ kind, pid, tid, comm, what, grade },
        ...(first.cpu === undefined ? {} : occupantOf(group)),
        duration_ns: group.reduce((sum, { start, end }) => sum + end - start, 0),
        start_ns: first.start,
        end_ns: group.at(-1)?.end ?? first.end,
        evidence: [...new Set(longest.slice(0, NAMED_PIECES).flatMap(({ rows }) => rows))],
        ...(stack === null ? {} : { stack }),
      },
    ];
  });
  return parts.sort((a, b) => b.duration_ns - a.duration_ns || a.start_ns - b.start_ns);
};

/** Walks the intervals of a thread over a window; times in ns. Intervals that cross an edge count with what is inside. */
export const attribute = (recording: Recording, walked: Walked, window: Window): Walk => {
  const self = { pid: walked.pid, tid: walked.tid, comm: cleanText(walked.comm, 16) };
  const recorder = Number(recording.facts.get('recorder_pid') ?? 0);
  const occupants = createOccupants(recording, window, walked.tid);
  const pieces: Piece[] = [];
  const put = (
    start: number,
    end: number,
    cause: Culprit & { grade: Grade; cpu?: number },
    rows: readonly string[],
    stack: number | null = null,
  ) => {
    if (end > start) pieces.push({ ...cause, start, end, rows, stack });
  };

  const running = (start: number, end: number) => {
    if (!recording.hasWaits)
      put(start, end, { ...self, kind: 'unknown', what: 'the scheduler was not recorded', grade: 'E' }, []);
    else if (spinsForGpu(walked.role))
      put(start, end, { ...self, kind: 'gpu_wait', what: `spinning in ${walked.op}`, grade: 'D' }, []);
    else put(start, end, { ...self, kind: 'on_cpu', what: 'its own code', grade: 'A' }, []);
  };

  const occupied = (wait: WaitRow, { start_ns, end_ns, cpu, slice }: Occupied) => {
    const rows = [`waits:${wait.id}`, ...(slice === undefined ? [] : [`run_slices:${slice.id}`])];
    if (slice === undefined) {
      const what = `nobody else was recorded on CPU ${cpu}`;
      put(start_ns, end_ns, { kind: 'runnable', pid: 0, tid: 0, comm: '', what, grade: 'B' }, rows, wait.stack);
    } else if (slice.pid === 0) {
      const what = `CPU ${cpu} was idle (wake-up latency)`;
      put(start_ns, end_ns, { kind: 'runnable', pid: 0, tid: 0, comm: '', what, grade: 'C' }, rows, wait.stack);
    } else {
      const { pid, tid } = slice;
      const who =
        pid === recorder
          ? ({ kind: 'observer', comm: 'whytrace itself' } as const)
          : ({ kind: 'runnable', comm: cleanText(slice.comm, 16) } as const);
      put(start_ns, end_ns, { ...who, pid, tid, cpu, what: '', grade: 'C' }, rows, wait.stack);
    }
  };

  const waited = (wait: WaitRow, start: number, end: number) => {
    const rows = [`waits:${wait.id}`];
    if (wait.kind === 'throttled') {
      const grade = recording.lacks.has('throttled') ? 'B' : 'A';
      put(start, end, { ...self, kind: 'throttled', what: 'CPU quota of its cgroup', grade }, rows, wait.stack);
      return;
    }
    const ready = Math.min(end, Math.max(start, wait.start_ns + wait.blocked_ns));
    const cause = blockedCause(wait);
    const waitedFor = blocksForGpu(wait, walked.role) ? ({ ...cause, kind: 'gpu_wait', grade: 'D' } as const) : cause;
    put(start, ready, waitedFor, rows, wait.stack);
    if (end <= ready) return;
    const cpus =
      wait.blocked_ns === 0 ? ([wait.cpu_off, wait.cpu_on] as const) : ([wait.cpu_on, wait.cpu_off] as const);
    for (const part of occupants({ start_ns: ready, end_ns: end }, cpus)) occupied(wait, part);
  };

  let cursor = window.start_ns;
  let contradiction = false;
  const waits = joinTimeouts(recording.waitsOf(walked.tid, window));
  for (const wait of waits) {
    const start = Math.max(cursor, wait.start_ns);
    const end = Math.min(window.end_ns, wait.start_ns + wait.duration_ns);
    if (wait.start_ns < cursor && cursor > window.start_ns) contradiction = true;
    if (end <= start) continue;
    running(cursor, start);
    waited(wait, start, end);
    cursor = end;
  }
  running(cursor, window.end_ns);

  return {
    parts: merge(pieces, walked.pid),
    closure: recording.hasWaits ? 1 : 0,
    contradiction,
    rows: new Set(pieces.flatMap(({ rows }) => rows)).size,
  };
};
