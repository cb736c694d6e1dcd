// Who a thread is: its name as last heard, and the id of that name's row.
import { readFileSync } from 'node:fs';
import { cleanText } from '../base/sanitize.ts';
import type { RecordingWriter } from '../store/writer.ts';

const COMM = 16;
/** Threads whose names are kept at most; others are looked up again. */
const REMEMBERED = 200_000;
type Known = { readonly pid: number; readonly id: number };

const commOf = (pid: number, tid: number): string | undefined => {
  try {
    return readFileSync(`/proc/${pid}/task/${tid}/comm`, 'utf8').trimEnd();
  } catch {
    return undefined;
  }
};

export type Threads = {
  /** Id of the row of a tracked thread, looked up where it has not been named yet. */
  readonly idOf: (pid: number, tid: number) => number;
  /** Id of the row of a thread whose name came with the event. */
  readonly idNamed: (pid: number, tid: number, comm: string) => number;
  /** A thread has this name from now on. */
  readonly name: (pid: number, tid: number, comm: string) => void;
};

export const createThreads = (writer: RecordingWriter): Threads => {
  const known = new Map<number, Known>();
  const idNamed = (pid: number, tid: number, comm: string) => writer.threadId(pid, tid, cleanText(comm, COMM));
  return {
    idNamed,
    idOf: (pid, tid) => {
      const found = known.get(tid);
      if (found !== undefined && found.pid === pid) return found.id;
      const id = idNamed(pid, tid, commOf(pid, tid) ?? commOf(pid, pid) ?? '?');
      known.set(tid, { pid, id });
      return id;
    },
    name: (pid, tid, comm) => {
      if (known.size >= REMEMBERED) known.clear();
      known.set(tid, { pid, id: idNamed(pid, tid, comm) });
    },
  };
};
