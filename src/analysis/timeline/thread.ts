// Which thread a timeline is of, and the part of the window in which it lived.
import { readTasks, readThreads, type TaskRow } from '../../store/read-tasks.ts';
import type { Recording, Window } from '../../store/recording.ts';

export type Threads = {
  /** By thread id and start: one for each life. */
  readonly tasks: readonly TaskRow[];
  /** Whether the recording tells when they lived; else each lived all the time. */
  readonly known: boolean;
};

/** A process without a thread means its main thread. */
export type WantedThread = { readonly tid?: number; readonly pid?: number };

/** Threads of traced processes; how long each waited is only read to choose one when none was asked for. */
export const threadsOf = (recording: Recording, { tid, pid }: WantedThread): Threads => {
  const withTimes = tid === undefined && pid === undefined;
  const tasks = readTasks(recording.database, withTimes);
  if (tasks.length > 0) return { tasks, known: true };
  return { tasks: readThreads(recording.database, recording.window.end_ns, withTimes), known: false };
};

/** Lives of the threads that were asked for: all when none was. */
export const livesOf = ({ tasks }: Threads, { tid, pid }: WantedThread): readonly TaskRow[] => {
  const wanted = tid ?? pid;
  return tasks.filter(
    (task) => (wanted === undefined || task.tid === wanted) && (pid === undefined || task.pid === pid),
  );
};

/** The part of a window in which a thread lived; undefined when that is none of it. */
export const lifeIn = ({ start_ns, end_ns }: TaskRow, window: Window): Window | undefined => {
  const start = Math.max(start_ns, window.start_ns);
  const end = Math.min(end_ns, window.end_ns);
  return end > start ? { start_ns: start, end_ns: end } : undefined;
};

/** The life to show: of the thread that waited most in all, and of that the one with most of the window; undefined for none. */
export const choose = (lives: readonly TaskRow[], window: Window): TaskRow | undefined => {
  const inside = (task: TaskRow): number => {
    const part = lifeIn(task, window);
    return part === undefined ? 0 : part.end_ns - part.start_ns;
  };
  return lives
    .filter((task) => inside(task) > 0)
    .toSorted((a, b) => b.waited_ns - a.waited_ns || inside(b) - inside(a) || a.tid - b.tid)[0];
};
