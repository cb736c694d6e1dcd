// When each traced thread was seen: from its birth, or from when recording it began, to its end or that of the recording.
import { readdirSync } from 'node:fs';
import type { WaitWriter } from '../store/wait-writer.ts';
import type { Threads } from './threads.ts';

const REMEMBERED_ENDED = 10_000;

type Life = { readonly pid: number; readonly id: number };

export type Lives = {
  /** A process is recorded from now on, with the threads that it has. `time` in ns. */
  readonly present: (pid: number, time: number) => void;
  readonly born: (pid: number, tid: number, time: number) => void;
  /** A process executes a program: of its threads, its main thread is left. */
  readonly execed: (pid: number, time: number) => void;
  readonly ended: (tid: number, time: number) => void;
  /** Whether the last thread with this id belongs, or belonged, to a process. */
  readonly isOf: (pid: number, tid: number) => boolean;
  /** The rows of threads are written anew: those that live are these from now on. */
  readonly renew: () => void;
  /** The recording ends, and with it what it saw. */
  readonly endAll: (time: number) => void;
};

const threadsOf = (pid: number): readonly number[] => {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
};

export const createLives = ({ writer, threads }: { writer: WaitWriter; threads: Threads }): Lives => {
  const alive = new Map<number, Life>();
  /** Processes of threads that have ended: their last waits may still be told. */
  const lastOf = new Map<number, number>();
  const ended = (tid: number, time: number) => {
    const life = alive.get(tid);
    if (life === undefined) return;
    alive.delete(tid);
    if (lastOf.size >= REMEMBERED_ENDED) lastOf.clear();
    lastOf.set(tid, life.pid);
    // By its last name: it was born with that of its parent.
    writer.taskEnded(life.id, time, threads.idOf(life.pid, tid));
  };
  const born = (pid: number, tid: number, time: number) => {
    if (alive.get(tid)?.pid === pid) return;
    // Its id belonged to another whose end was lost.
    ended(tid, time);
    alive.set(tid, { pid, id: writer.taskBorn(threads.idOf(pid, tid), time) });
  };
  return {
    born,
    ended,
    present: (pid, time) => {
      for (const tid of threadsOf(pid)) born(pid, tid, time);
    },
    execed: (pid, time) => {
      const others = [...alive].filter(([tid, life]) => life.pid === pid && tid !== pid);
      for (const [tid] of others) ended(tid, time);
      born(pid, pid, time);
    },
    isOf: (pid, tid) => (alive.get(tid)?.pid ?? lastOf.get(tid)) === pid,
    renew: () => {
      for (const [tid, { pid, id }] of alive) writer.taskNamed(id, threads.idOf(pid, tid));
    },
    endAll: (time) => {
      for (const tid of [...alive.keys()]) ended(tid, time);
    },
  };
};
