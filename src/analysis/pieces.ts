// Pieces of a thread's time, each with its cause, and their sum: the parts of an answer. Knows nothing of how they are found.
import type { RootKind } from '../catalogue/root-kinds.ts';
import type { Culprit, Grade } from './chain.ts';

/** A thread waited for another one: a step on the way to a cause. */
export type Hop = {
  readonly kind: RootKind;
  readonly from_tid: number;
  /** Whom it waited for, and in what. */
  readonly to: Culprit;
  readonly grade: Grade;
  readonly start_ns: number;
  readonly end_ns: number;
  readonly rows: readonly string[];
  readonly stack: number | null;
};

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
  /** Processes of that name which had a part in it, the one with most first; absent where the thread's own process did it. */
  readonly pids?: readonly number[];
  /** Where the thread was in the code: that of the longest wait in it that has one. */
  readonly stack?: number;
  /** From the thread itself to whose cause this is: empty for its own. Of the longest piece. */
  readonly path: readonly Hop[];
};

/** A stretch of time with one cause. */
export type Piece = Culprit & {
  /** The CPU that somebody else ran on: what another process took is one part, whatever its threads and CPUs. */
  readonly cpu?: number;
  readonly grade: Grade;
  readonly start: number;
  readonly end: number;
  readonly rows: readonly string[];
  readonly stack: number | null;
  readonly path: readonly Hop[];
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
  const [pid] = byTime(pieces, (piece) => piece.pid);
  const most = pieces.filter((piece) => piece.pid === pid);
  const tids = byTime(most, ({ tid }) => tid);
  const places = cpus.length > MOST_CPUS ? `${cpus.length} CPUs` : `CPU ${cpus.join(' and ')}`;
  const what = `ran on ${places}${tids.length > 1 && most.length === pieces.length ? ` with ${tids.length} threads` : ''}`;
  return { tid: tids[0] ?? 0, comm: nameOf(most), what, cpus, threads: tids.length };
};

/** A process is called by the name of its main thread, if that had a part in it: the name that it had longest. */
const nameOf = (pieces: readonly Piece[]): string => {
  const main = pieces.filter(({ tid, pid }) => tid === pid);
  const [tid] = byTime(pieces, (piece) => piece.tid);
  const named = main.length > 0 ? main : pieces.filter((piece) => piece.tid === tid);
  return byTime(named, ({ comm }) => comm)[0] ?? '';
};

/** Threads of the same process as the one that waits are told apart by their names, others by what their process is called. */
const groupKey = ({ kind, pid, tid, comm, what, cpu }: Piece, own: number, name: string): string => {
  const who = pid === 0 ? [0] : pid === own ? [pid, comm] : [name];
  if (cpu !== undefined) return JSON.stringify([kind, who]);
  return JSON.stringify(pid === own ? [kind, who, tid, what] : [kind, who, what]);
};

const grouped = <K>(pieces: readonly Piece[], keyOf: (piece: Piece) => K): ReadonlyMap<K, readonly Piece[]> => {
  const groups = new Map<K, Piece[]>();
  for (const piece of pieces) {
    const key = keyOf(piece);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [piece]);
    else group.push(piece);
  }
  return groups;
};

/** Pieces with the same cause as one part, longest first; `own` is the process whose time it is. */
export const partsOf = (pieces: readonly Piece[], own: number): readonly Part[] => {
  const occupants = pieces.filter(({ cpu }) => cpu !== undefined);
  const names = new Map([...grouped(occupants, ({ pid }) => pid)].map(([pid, of]) => [pid, nameOf(of)]));
  const nameIn = ({ pid, comm, cpu }: Piece) => (cpu === undefined ? comm : (names.get(pid) ?? comm));
  const groups = grouped(pieces, (piece) => groupKey(piece, own, nameIn(piece)));
  const parts = [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const [pid = 0, ...others] = byTime(group, (piece) => piece.pid);
    const longest = group.toSorted((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
    const { kind, tid, comm, what, grade, path } = longest.find((piece) => piece.pid === pid) ?? first;
    const stack = longest.find((piece) => piece.stack !== null)?.stack ?? null;
    return [
      {
        ...{ kind, pid, tid, comm, what, grade, path },
        ...(first.cpu === undefined ? {} : occupantOf(group)),
        ...(pid === 0 || pid === own ? {} : { pids: [pid, ...others] }),
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

/** What a part is, with the number of processes of that name where it is more than one. */
export const whatOf = ({ what, pids = [] }: Part): string =>
  pids.length > 1 ? `${what.replace(/ with \d+ threads$/, '')} in ${pids.length} processes` : what;

/** Id of the first wait that rows of evidence name. */
export const waitIn = (evidence: readonly string[]): number | undefined => {
  const id = evidence.map((row) => /^waits:(\d+)$/.exec(row)?.[1]).find((found) => found !== undefined);
  return id === undefined ? undefined : Number(id);
};
