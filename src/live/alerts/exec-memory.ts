// Remembers what each process last began to execute, and who its parents were: of one that is gone when it is asked about,
// /proc says nothing.
import type { Suspect } from '../../base/alert.ts';

const KEPT = 20_000;
const MOST_PARENTS = 6;

export type Begun = {
  /** When that was, in ns since the clock's start; 0: before the watch. */
  readonly since: number;
  /** Path of the program as it was asked for. */
  readonly program: string;
  /** Parents, nearest first. */
  readonly ancestry: readonly Suspect[];
};

type Parent = { readonly pid: number; readonly comm: string };

export type ExecMemory = {
  readonly note: (pid: number, since: number, program: string, parents: readonly Parent[]) => void;
  /** A child runs the program of its parent until it begins another. */
  readonly forked: (pid: number, since: number, parent: Parent) => void;
  /** Undefined for a process of which nothing was noted. */
  readonly of: (pid: number) => Begun | undefined;
};

export const createExecMemory = (): ExecMemory => {
  const begun = new Map<number, Begun>();
  const put = (pid: number, one: Begun) => {
    begun.delete(pid);
    begun.set(pid, one);
    const [oldest] = begun.size > KEPT ? begun.keys() : [];
    if (oldest !== undefined) begun.delete(oldest);
  };
  return {
    note: (pid, since, program, parents) =>
      put(pid, {
        since,
        program,
        ancestry: parents.map((parent) => ({ ...parent, exe: begun.get(parent.pid)?.program })),
      }),
    forked: (pid, since, parent) => {
      const before = begun.get(parent.pid);
      // What it began since may have been heard of before.
      if (before === undefined || (begun.get(pid)?.since ?? -1) > since) return;
      const { program, ancestry } = before;
      put(pid, { since, program, ancestry: [{ ...parent, exe: program }, ...ancestry].slice(0, MOST_PARENTS) });
    },
    of: (pid) => begun.get(pid),
  };
};
