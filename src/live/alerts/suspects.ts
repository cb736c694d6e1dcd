// Who a process is and where it comes from, asked of /proc when something was found. A short one may be gone by then.
import { statSync } from 'node:fs';
import type { Suspect } from '../../base/alert.ts';
import { processInfo } from '../../capture/process-info.ts';
import type { ExecMemory } from './exec-memory.ts';

const MOST_PARENTS = 8;
/** How long what /proc said counts, in ms: a process that is found once is mostly found again at once, and has the same parents. */
const FRESH_MS = 2000;
const KEPT = 1000;

const exeId = (pid: number): string | undefined => {
  try {
    const { dev, ino } = statSync(`/proc/${pid}/exe`);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
};

export type Identified = {
  readonly process: Suspect;
  readonly ancestry: readonly Suspect[];
  readonly container: string | undefined;
};

type Asked = { readonly suspect: Suspect; readonly parentPid: number; readonly container: string | undefined };

const ask = (pid: number): Asked | undefined => {
  // Of its arguments nothing is told, so nothing has to be taken out of them.
  const info = processInfo(pid, { keepArguments: true });
  if (info === undefined) return undefined;
  const { comm, exe, uid, parentPid, container } = info;
  return { suspect: { pid, comm, exe, exe_id: exeId(pid), uid }, parentPid, container };
};

export type Suspects = {
  /** The process and its parents; of those that are gone, what was noted when they began. `comm` and `time`: what the event said of it. */
  readonly identify: (pid: number, comm: string, time?: number) => Identified;
};

/** `catchUp` has all that was begun until now noted; `now`: milliseconds from any start. */
export const createSuspects = (
  execs: Pick<ExecMemory, 'of'>,
  catchUp: () => void = () => {},
  now = () => performance.now(),
): Suspects => {
  const known = new Map<number, { readonly asked: Asked | undefined; readonly at: number; readonly since: number }>();

  const look = (pid: number): Asked | undefined => {
    // Since then it may have begun another program, or be another process.
    const since = execs.of(pid)?.since ?? 0;
    const last = known.get(pid);
    if (last !== undefined && last.since === since && now() - last.at < FRESH_MS) return last.asked;
    const asked = ask(pid);
    if (known.size >= KEPT) known.clear();
    known.set(pid, { asked, at: now(), since });
    return asked;
  };

  return {
    identify: (pid, comm, time = Number.POSITIVE_INFINITY) => {
      const found = look(pid);
      // What it began may wait to be read in another ring than the one that told of it.
      if (found === undefined) catchUp();
      const { program, ancestry: noted = [], since = 0 } = execs.of(pid) ?? {};
      // It has begun another program since: what did it is not known, and that program is not to blame, nor to be trusted.
      const isOther = since > time;
      if (found === undefined)
        return { process: { pid, comm, exe: isOther ? undefined : program }, ancestry: noted, container: undefined };
      const ancestry: Suspect[] = [];
      for (let parent = found.parentPid; parent > 0 && ancestry.length < MOST_PARENTS; ) {
        const asked = look(parent);
        if (asked === undefined) break;
        ancestry.push(asked.suspect);
        parent = asked.parentPid;
      }
      const { suspect, container } = found;
      return {
        process: isOther
          ? { ...suspect, comm, exe: undefined, exe_id: undefined }
          : { ...suspect, exe: suspect.exe ?? program },
        ancestry: ancestry.length > 0 ? ancestry : noted,
        container,
      };
    },
  };
};
