// What a thread did in a stretch of time: on a CPU, ready and waiting for one, or blocked; and where it waited for another
// thread, what that one did meanwhile, and so on to the root. The parts add up to the stretch by construction, since time on
// a CPU is what is left. Knows nothing of what is slow.
import { cleanText } from '../base/sanitize.ts';
import type { Recording, WaitRow, Window } from '../store/recording.ts';
import { blockedCause } from './causes/blocked.ts';
import { gpuWaitOf, spinsForGpu } from './causes/gpu-wait.ts';
import { endedWaits } from './causes/keeper.ts';
import { causeInService, placed } from './causes/kernel-thread.ts';
import { requestStages } from './causes/request.ts';
import type { Culprit, Grade } from './chain.ts';
import { weakest } from './confidence.ts';
import { createOccupants, namesOf, type Occupied } from './occupants.ts';
import { type Hop, type Part, type Piece, partsOf } from './pieces.ts';
import { isSeen } from './seen-thread.ts';
import { createWaitedFor } from './waited-for.ts';

export type { Part } from './pieces.ts';

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

/** How long it takes at most to wake a CPU that is idle, or to leave one after waking another thread, in ns. */
const LATENCY_NS = 100_000;

/** Whose time it is, and the role of the call it was spent in. */
export type Walked = {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly op: string;
  readonly role: string;
};

/** A thread on the way to a cause: the one whose time it is, or one that it waits for. */
type Stage = Walked & {
  /** From the first thread to this one. */
  readonly path: readonly Hop[];
};

/** Walks the intervals of a thread over a window; times in ns. Intervals that cross an edge count with what is inside. */
export const attribute = (recording: Recording, walked: Walked, window: Window): Walk => {
  const recorder = Number(recording.facts.get('recorder_pid') ?? 0);
  const pieces: Piece[] = [];
  const waitedFor = createWaitedFor(recording, window);
  let contradiction = false;

  const walk = (stage: Stage, from: number, to: number): void => {
    const self = { pid: stage.pid, tid: stage.tid, comm: cleanText(stage.comm, 16) };
    const occupants = createOccupants(recording, { start_ns: from, end_ns: to }, stage.tid);
    const last = stage.path.at(-1);
    const service = last !== undefined && waitedFor.isKernelThread(stage.pid) ? last : undefined;
    const put = (
      start: number,
      end: number,
      cause: Culprit & { grade: Grade; cpu?: number },
      rows: readonly string[],
      stack: number | null = null,
      path = stage.path,
    ) => {
      if (end <= start) return;
      if (service !== undefined && path === stage.path) {
        const of = causeInService(cause, service);
        put(start, end, of, [...service.rows, ...rows], service.stack, path.slice(0, -1));
        return;
      }
      const grade = weakest([cause.grade, ...path.map((hop) => hop.grade)]);
      pieces.push({ ...cause, grade, start, end, rows, stack, path });
    };

    const running = (start: number, end: number) => {
      if (end <= start) return;
      // Who runs with Python's lock keeps it: that is the wait. And what the kernel does for others has no code to name.
      const isWait = last?.kind === 'gil' || service !== undefined;
      if (last !== undefined && (isWait || !isSeen(recording, stage, { start_ns: from, end_ns: to })))
        put(
          start,
          end,
          { ...waitedFor.withoutKernel(last.to), grade: last.grade },
          last.rows,
          last.stack,
          stage.path.slice(0, -1),
        );
      else if (last !== undefined)
        put(start, end, { ...self, kind: 'on_cpu', what: 'its own code', grade: last.grade }, last.rows);
      else if (!recording.hasWaits)
        put(start, end, { ...self, kind: 'unknown', what: 'the scheduler was not recorded', grade: 'E' }, []);
      // Of a tool that kept rows by choice and did not count the others, time without a row may be waiting.
      else if (recording.lacks.has('row_counts'))
        put(start, end, { ...self, kind: 'unknown', what: 'it ran, or its rows were not kept', grade: 'E' }, []);
      else if (spinsForGpu(stage.role))
        put(start, end, { ...self, kind: 'gpu_wait', what: `spinning in ${stage.op}`, grade: 'D' }, []);
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
        const name = tid === pid || pid === walked.pid ? slice.comm : (namesOf(recording).get(pid) ?? slice.comm);
        const who =
          pid === recorder
            ? ({ kind: 'observer', comm: 'whytrace itself' } as const)
            : ({ kind: 'runnable', comm: cleanText(name, 16) } as const);
        put(start_ns, end_ns, { ...who, pid, tid, cpu, what: '', grade: 'C' }, rows, wait.stack);
      }
    };

    const blocked = (wait: WaitRow, start: number, end: number) => {
      const rows = [`waits:${wait.id}`];
      const cause = blockedCause(wait);
      const forGpu = gpuWaitOf(recording, wait, stage.role);
      if (forGpu !== undefined) {
        put(start, end, { ...cause, kind: forGpu, grade: 'D' }, rows, wait.stack);
      } else if (recorder !== 0 && cause.pid === recorder && cause.kind !== 'observer') {
        // A lock of the kernel that it held, a stop: whatever it did meanwhile, its disk writes too, is our own load.
        put(start, end, { ...cause, kind: 'observer', comm: 'whytrace itself' }, rows, wait.stack);
      } else if (last !== undefined && waitedFor.waitsForAnything(stage.pid, cause)) {
        running(start, end);
      } else if (waitedFor.leadsOn(wait, cause, stage.path, start, end)) {
        const { grade, ...whom } = cause;
        const hop = { kind: cause.kind, from_tid: stage.tid, to: whom, grade, start_ns: start, end_ns: end };
        const next = { ...whom, op: '', role: '', path: [...stage.path, { ...hop, rows, stack: wait.stack }] };
        walk(next, start, end);
      } else {
        for (const { start_ns, end_ns, where } of requestStages(wait, start, end))
          put(start_ns, end_ns, placed(waitedFor.withoutKernel(cause), where, service), rows, wait.stack);
      }
    };

    const waited = (wait: WaitRow, start: number, end: number) => {
      if (wait.kind === 'throttled') {
        const grade = recording.lacks.has('throttled') ? 'B' : 'A';
        const what = 'CPU quota of its cgroup';
        put(start, end, { ...self, kind: 'throttled', what, grade }, [`waits:${wait.id}`], wait.stack);
        return;
      }
      const ready = Math.min(end, Math.max(start, wait.start_ns + wait.blocked_ns));
      if (ready > start) blocked(wait, start, ready);
      if (end <= ready) return;
      const cpus =
        wait.blocked_ns === 0 ? ([wait.cpu_off, wait.cpu_on] as const) : ([wait.cpu_on, wait.cpu_off] as const);
      const forGpu = wait.blocked_ns > 0 ? gpuWaitOf(recording, wait, stage.role) : undefined;
      for (const part of occupants({ start_ns: ready, end_ns: end }, cpus)) {
        // Until who tells of the device's work is off the CPU, and a CPU that slept is awake, the device is waited for.
        const isGpu = forGpu !== undefined && (part.slice === undefined || part.slice.tid === wait.waker_tid);
        if (isGpu && part.end_ns - part.start_ns < LATENCY_NS)
          put(part.start_ns, part.end_ns, { ...blockedCause(wait), kind: forGpu, grade: 'D' }, [`waits:${wait.id}`]);
        else occupied(wait, part);
      }
    };

    let cursor = from;
    const waits = recording.waitsOf(stage.tid, { start_ns: from, end_ns: to });
    for (const wait of endedWaits(recording, waits)) {
      const start = Math.max(cursor, wait.start_ns);
      const end = Math.min(to, wait.start_ns + wait.duration_ns);
      if (wait.start_ns < cursor && cursor > from) contradiction = true;
      if (end <= start) continue;
      running(cursor, start);
      waited(wait, start, end);
      cursor = end;
    }
    running(cursor, to);
  };
  walk({ ...walked, path: [] }, window.start_ns, window.end_ns);

  return {
    parts: partsOf(pieces, walked.pid),
    closure: recording.hasWaits ? 1 : 0,
    contradiction,
    rows: new Set(pieces.flatMap(({ rows }) => rows)).size,
  };
};
