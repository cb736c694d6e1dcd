// Who a thread is: its name as last heard, and the id of that name's row.
import { readFileSync } from 'node:fs';
import { cleanText } from '../base/sanitize.ts';
import type { RecordingWriter } from '../store/writer.ts';

const COMM = 16;
/** Threads whose names are kept at most; others are looked up again. */
const REMEMBERED = 200_000;
/** `id` is 0 when its row is to be written anew. */
type Known = { readonly pid: number; readonly comm: string; id: number };

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
  /** Name of a thread as last heard or looked up. */
  readonly nameOf: (pid: number, tid: number) => string;
  /** Id of the row of a thread whose name came with the event. */
  readonly idNamed: (pid: number, tid: number, comm: string) => number;
  /** A thread has this name from now on. */
  readonly name: (pid: number, tid: number, comm: string) => void;
};

/** `onProcess` hears of each process of which a thread is named for the first time; it may hear of one again. */
export const createThreads = (writer: RecordingWriter, onProcess: (pid: number, comm: string) => void): Threads => {
  const heard = new Set<number>();
  const known = new Map<number, Known>();
  const idNamed = (pid: number, tid: number, comm: string) => {
    if (!heard.has(pid)) {
      if (heard.size >= REMEMBERED) heard.clear();
      heard.add(pid);
      onProcess(pid, comm);
    }
    return writer.threadId(pid, tid, cleanText(comm, COMM));
  };
  const name = (pid: number, tid: number, comm: string): Known => {
    if (known.size >= REMEMBERED) known.clear();
    const named = { pid, comm, id: idNamed(pid, tid, comm) };
    known.set(tid, named);
    return named;
  };
  const look = (pid: number, tid: number): Known => {
    const found = known.get(tid);
    if (found === undefined || found.pid !== pid) return name(pid, tid, commOf(pid, tid) ?? commOf(pid, pid) ?? '?');
    return found.id === 0 ? name(pid, tid, found.comm) : found;
  };
  writer.onForget(() => {
    heard.clear();
    for (const one of known.values()) one.id = 0;
  });
  return {
    idNamed,
    nameOf: (pid, tid) => look(pid, tid).comm,
    idOf: (pid, tid) => look(pid, tid).id,
    name,
  };
};
