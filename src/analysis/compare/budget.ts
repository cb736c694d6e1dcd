// Compares where the time of threads went: running, waiting and for whom, to the root of each wait. Threads of one name in
// processes of one name play one role; what happens to several of them for the same reason is one difference.
import { countText, shareText } from '../../base/units.ts';
import type { RootKind } from '../../catalogue/root-kinds.ts';
import type { Window } from '../../store/recording.ts';
import type { Part } from '../pieces.ts';
import { spentIn } from '../spent-in.ts';
import { lifeIn, threadsOf } from '../timeline/thread.ts';
import { recordingWithin } from '../within.ts';
import { commText } from '../words/cause.ts';
import { differs, meanOf } from './differ.ts';
import type { Found, TimeDifference } from './difference.ts';
import { lengthOf, type Side } from './side.ts';
import { timeText } from './time-text.ts';

/** Threads that are looked into: those that make calls, then main threads, then those that live longest. */
const MOST_THREADS = 8;
/** Share of wall time that must change. */
const LEAST_EFFECT = 0.03;
/** And against the larger one of both. */
const LEAST_CHANGE = 0.15;
/** Of several threads with about the same change the one is told that is nearest to its cause. */
const NEAR = 0.3;
/** A culprit that took less than this was not there before. */
const ABSENT = 0.002;
const ROWS = 2;

type Thread = { readonly pid: number; readonly tid: number; readonly comm: string; readonly life: Window };

/** What a role spent its time on for one reason; `shares` of each slice. */
type Line = {
  readonly process: string;
  readonly thread: string;
  readonly pid: number;
  readonly cause: RootKind;
  readonly who: string;
  readonly calls: boolean;
  readonly shares: number[];
  /** The largest part of it. */
  largest: Part;
};

const chosen = (side: Side): readonly Thread[] => {
  const callers = new Map<number, number>();
  for (const { calls } of side.slices) for (const { tid } of calls) callers.set(tid, (callers.get(tid) ?? 0) + 1);
  const rank = ({ tid, pid }: Pick<Thread, 'tid' | 'pid'>) => (callers.has(tid) ? 2 : 0) + (tid === pid ? 1 : 0);
  const threads = threadsOf(side.recording, { tid: 0 }).tasks.flatMap((task) => {
    const life = lifeIn(task, side.window);
    return life === undefined ? [] : [{ ...task, life }];
  });
  return threads
    .sort(
      (a, b) =>
        rank(b) - rank(a) ||
        (callers.get(b.tid) ?? 0) - (callers.get(a.tid) ?? 0) ||
        lengthOf(b.life) - lengthOf(a.life) ||
        a.tid - b.tid,
    )
    .slice(0, MOST_THREADS);
};

/** Time of its own is its own; else the process that the time led to, by name. */
const whoOf = (part: Part, thread: Thread, side: Side): string => {
  if (part.pid === 0) return '';
  if (part.tid === thread.tid) return 'own';
  return part.comm === '' ? side.nameOf(part.pid) : part.comm;
};

const linesOf = (side: Side): ReadonlyMap<string, Line> => {
  const lines = new Map<string, Line>();
  if (!side.recording.hasWaits) return lines;
  const threads = chosen(side);
  const isGuess = side.recording.lacks.has('row_counts');
  const callers = new Set(side.slices.flatMap(({ calls }) => calls.map(({ tid }) => tid)));
  for (const [i, { window, calls }] of side.slices.entries()) {
    const within = recordingWithin(side.recording, window);
    for (const thread of threads) {
      const process = side.nameOf(thread.pid);
      const start_ns = Math.max(window.start_ns, thread.life.start_ns);
      const lived = { start_ns, end_ns: Math.min(window.end_ns, thread.life.end_ns) };
      const own = calls.filter(({ tid }) => tid === thread.tid);
      for (const part of lived.end_ns > start_ns ? spentIn(within, thread, lived, own) : []) {
        const who = whoOf(part, thread, side);
        // Time without a row, where rows may be missing, is not known to be running.
        if (isGuess && part.kind === 'on_cpu') continue;
        const key = JSON.stringify([process, thread.comm, part.kind, who]);
        const line = lines.get(key) ?? {
          ...{ process, thread: thread.comm, pid: thread.pid, cause: part.kind, who },
          calls: callers.size === 0 || callers.has(thread.tid),
          ...{ shares: side.slices.map(() => 0), largest: part },
        };
        lines.set(key, line);
        line.shares[i] = (line.shares[i] ?? 0) + part.duration_ns / lengthOf(window);
        if (part.duration_ns > line.largest.duration_ns) line.largest = part;
      }
    }
  }
  return lines;
};

const round = (share: number): number => Number(share.toFixed(4));

type Changed = { readonly line: Line; readonly before: number; readonly after: number };

/** What the same reason does to several roles, told by the one that it changes most. */
const differenceOf = (changes: readonly Changed[]): TimeDifference[] => {
  const changeOf = ({ before, after }: Changed) => Math.abs(after - before);
  const most = Math.max(...changes.map(changeOf));
  const hops = ({ line }: Changed) => line.largest.path.length;
  const [first] = changes
    .filter((change) => changeOf(change) >= NEAR * most)
    .toSorted((a, b) => hops(a) - hops(b) || changeOf(b) - changeOf(a));
  if (first === undefined) return [];
  const { line, before, after } = first;
  const { largest, who } = line;
  const threads = [...new Set(changes.map((change) => change.line.thread))];
  const isOther = largest.pid !== 0 && who !== 'own' && largest.pid !== line.pid;
  const culprit = isOther
    ? { culprit: { pid: largest.pid, comm: largest.comm, isNew: before < ABSENT && after > before } }
    : {};
  const difference = {
    ...{ kind: 'time' as const, pid: line.pid, comm: line.process, cause: line.cause, what: largest.what, ...culprit },
    ...{ threads: [line.thread, ...threads.filter((name) => name !== line.thread)] },
    ofCaller: changes.some((change) => change.line.calls),
    ...{ before: { share: round(before) }, after: { share: round(after) }, effect: round(Math.abs(after - before)) },
    evidence: largest.evidence.slice(0, ROWS),
  };
  return [{ ...difference, summary: timeText(difference, { thread: line.thread, largest, who }) }];
};

export const compareBudget = (before: Side, after: Side): Found<TimeDifference> => {
  const [were, are] = [linesOf(before), linesOf(after)];
  const none = (side: Side): readonly number[] => side.slices.map(() => 0);
  const keys = [...new Set([...were.keys(), ...are.keys()])].sort();
  const groups = new Map<string, Changed[]>();
  const same: string[] = [];
  for (const key of keys) {
    const [a, b] = [were.get(key), are.get(key)];
    const shares = [a?.shares ?? none(before), b?.shares ?? none(after)] as const;
    const [left, right] = [meanOf(shares[0]), meanOf(shares[1])];
    const line = (right >= left ? b : a) ?? a ?? b;
    if (line === undefined) continue;
    const least = Math.max(LEAST_EFFECT, LEAST_CHANGE * Math.max(left, right));
    if (Math.abs(right - left) < least || !differs(...shares)) {
      if (Math.max(left, right) >= LEAST_EFFECT)
        same.push(`${commText(line.thread)} ${line.cause} ${shareText(round(left))} and ${shareText(round(right))}`);
      continue;
    }
    const sign = right > left ? '+' : '-';
    const group = JSON.stringify([line.process, line.cause, line.who === 'own' ? line.thread : line.who, sign]);
    groups.set(group, [...(groups.get(group) ?? []), { line, before: left, after: right }]);
  }
  return {
    differences: [...groups.values()].flatMap(differenceOf),
    checked:
      keys.length === 0
        ? 'time of threads: the scheduler was not recorded'
        : `time of threads: ${countText(keys.length, 'cause')} compared; not different: ${same.slice(0, 4).join(', ') || 'none of them'}`,
  };
};
