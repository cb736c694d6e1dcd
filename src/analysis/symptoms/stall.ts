// All the time of a thread as a symptom: for programs that make no calls, where it went.
import { cleanText } from '../../base/sanitize.ts';
import type { Recording, Window } from '../../store/recording.ts';
import type { Stretches } from '../stretches.ts';
import { lifeIn, threadsOf } from '../timeline/thread.ts';

/** Threads that are looked at, and how long a life must be, as part of the longest. */
const MOST_THREADS = 3;
const LEAST_LIFE = 0.25;
/** Of a recording with more waits than this only parts are looked at. */
const MANY_WAITS = 50_000;
const PARTS = 8;

const lengthOf = ({ start_ns, end_ns }: Window): number => end_ns - start_ns;

/** Windows that lie evenly in a life, with about as many waits in all as can be read. */
const partsOf = (life: Window, waits: number): readonly Window[] => {
  if (waits <= MANY_WAITS) return [life];
  const step = lengthOf(life) / PARTS;
  const length = Math.max(1, Math.floor((step * MANY_WAITS) / waits));
  return Array.from({ length: PARTS }, (_, i) => {
    const start_ns = Math.round(life.start_ns + i * step);
    return { start_ns, end_ns: start_ns + length };
  });
};

/** The time of the main threads of traced processes, of one process where it is given, longest life first. */
export const timeOf = (recording: Recording, window: Window, pid: number | undefined): readonly Stretches[] => {
  if (!recording.hasWaits) return [];
  const mains = threadsOf(recording, pid === undefined ? { tid: 0 } : { pid })
    .tasks.filter((task) => task.tid === task.pid && (pid === undefined || task.pid === pid))
    .flatMap((task) => {
      const life = lifeIn(task, window);
      return life === undefined ? [] : [{ ...task, life }];
    })
    .sort((a, b) => lengthOf(b.life) - lengthOf(a.life) || a.tid - b.tid);
  const longest = mains[0] === undefined ? 0 : lengthOf(mains[0].life);
  return mains
    .filter(({ life }) => lengthOf(life) >= LEAST_LIFE * longest)
    .slice(0, MOST_THREADS)
    .map(({ pid: own, tid, comm, life }) => ({
      ...{
        kind: 'stall',
        pid: own,
        tid,
        comm: cleanText(comm, 16),
        op: 'wall time',
        windows: partsOf(life, recording.waitsIn(life)),
      },
      others: [],
      ...{
        count: 1,
        total_ns: lengthOf(life),
        median_ns: 0,
        whole_ns: lengthOf(life),
        rows: [],
        isCertain: true,
        isUnusual: false,
      },
      checks: ['calls: this process made none that are traced'],
    }));
};
