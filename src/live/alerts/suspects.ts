// Who a process is and where it comes from, asked of /proc when something was found. A short one may be gone by then.
import { statSync } from 'node:fs';
import type { Suspect } from '../../base/alert.ts';
import { processInfo } from '../../capture/process-info.ts';
import type { Begun } from './exec-memory.ts';

const MOST_PARENTS = 8;

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

const suspectOf = (
  pid: number,
): (Suspect & { readonly parentPid: number; readonly container: string | undefined }) | undefined => {
  const info = processInfo(pid);
  if (info === undefined) return undefined;
  const { comm, exe, uid, parentPid, container } = info;
  return { pid, comm, exe, exe_id: exeId(pid), uid, parentPid, container };
};

/** The process and its parents; of those that are gone, what was noted when they began. `comm`: what the event said of it. */
export const identify = (pid: number, comm: string, begun: Begun | undefined): Identified => {
  const found = suspectOf(pid);
  const ancestry: Suspect[] = [];
  for (let parent = found?.parentPid ?? 0; parent > 0 && ancestry.length < MOST_PARENTS; ) {
    const suspect = suspectOf(parent);
    if (suspect === undefined) break;
    const { parentPid, container: _container, ...shown } = suspect;
    ancestry.push(shown);
    parent = parentPid;
  }
  const { program, ancestry: noted = [] } = begun ?? {};
  if (found === undefined) return { process: { pid, comm, exe: program }, ancestry: noted, container: undefined };
  const { parentPid: _parent, container, ...process } = found;
  return {
    process: { ...process, exe: process.exe ?? program },
    ancestry: ancestry.length > 0 ? ancestry : noted,
    container,
  };
};
