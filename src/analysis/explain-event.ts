// Why one event took its time: one call, one wait, or what a thread did at one moment. The same walk as for the slow ones of a
// whole recording, whether this one was slow or not; compared with its like where there are some.
import { cleanText } from '../base/sanitize.ts';
import { durationText } from '../base/units.ts';
import type { CallRow, Recording, WaitRow, Window } from '../store/recording.ts';
import type { Chain } from './chain.ts';
import { chainOfSlowCalls } from './chain-of-slow-calls.ts';
import { linksOf, namedRoot } from './chain-parts.ts';
import { clustersOf } from './cluster.ts';
import { codeOfStack } from './cluster-code.ts';
import { confidenceOf, isHarmful } from './confidence.ts';
import { explainCall } from './explain-call.ts';
import { lossesAbout, sumLosses } from './losses.ts';
import { whatOf } from './pieces.ts';
import { excessOf, rootOf } from './root.ts';
import { breakdownOf } from './shares.ts';
import { shortened } from './shortened.ts';
import { spentIn } from './spent-in.ts';
import { createBaselines, kindKey, siblingsOf } from './symptoms/baseline.ts';
import { isFarAbove, isQuick, type SlowCalls, slowCalls } from './symptoms/slow-call.ts';
import { typicalOf } from './typical.ts';
import { partText, taskText } from './words/cause.ts';
import { wayText } from './words/path.ts';
import { recommendationsOf } from './words/recommend.ts';

/** What is asked for, found in the recording. */
export type Asked =
  | { readonly kind: 'call'; readonly call: CallRow }
  | { readonly kind: 'wait'; readonly wait: WaitRow }
  | { readonly kind: 'running'; readonly thread: Thread; readonly window: Window };
type Thread = { readonly pid: number; readonly tid: number; readonly comm: string };

/** A wait that lies in the event. Times in ns. */
export type Inside = {
  readonly id: string;
  readonly start_ns: number;
  readonly duration_ns: number;
  readonly kind: string;
  readonly by: string;
};

export type EventExplained = {
  /** "calls:12", "waits:5"; "running" where the thread was on a CPU. */
  readonly id: string;
  readonly chain: Chain;
  /** Whether it took longer than its like; null where there is nothing to compare with. */
  readonly isSlow: boolean | null;
  /** Waits of the thread in it, longest first. */
  readonly inside: readonly Inside[];
  /** Calls inside it, or around it: "12 cuLaunchKernel". */
  readonly calls: readonly string[];
};

/** Parts that are named one by one. */
const WHOLE = { named: 6, least: 0, isBare: false } as const;

/** How a call compares with its like, as for the slow ones of a recording. */
const comparedWith = (recording: Recording, call: CallRow): SlowCalls => {
  const kind = siblingsOf(call);
  const { slow, usual } = slowCalls(recording, { window: recording.window, pid: call.pid, op: call.op });
  const like = [...slow, ...usual].find((one) => kindKey(one.kind) === kindKey(kind));
  const baseline = like?.baseline ?? createBaselines(recording)(kind, isQuick(call.role, call.op));
  const isAbove = baseline.of !== 'none' && isFarAbove(call.duration_ns, baseline.usual_ns);
  return {
    ...{ kind, role: call.role, baseline, reason: isAbove ? 'above' : 'asked' },
    ...{ calls: [call], count: 1, total_ns: call.duration_ns },
    typical: (like?.typical ?? []).filter(({ id }) => id !== call.id),
  };
};

const chainOfCall = (recording: Recording, call: CallRow): Pick<EventExplained, 'chain' | 'isSlow'> | undefined => {
  const slow = comparedWith(recording, call);
  const typical = typicalOf(recording, slow);
  const asSlow = explainCall(recording, call.id, slow, typical);
  // Its own work and no more of it than its like have: told as what it is.
  const explained = asSlow ?? explainCall(recording, call.id, { ...slow, reason: 'asked' }, typical);
  const [cluster] = explained === undefined ? [] : clustersOf([explained]);
  if (explained === undefined || cluster === undefined) return undefined;
  const chain = chainOfSlowCalls(recording, cluster, 'c1');
  return {
    chain: { ...chain, breakdown: breakdownOf(explained.walk.parts, WHOLE) },
    isSlow: slow.baseline.of === 'none' ? null : slow.reason === 'above' && asSlow !== undefined,
  };
};

/** The chain of a stretch of a thread's time: all of it, compared with nothing. */
const chainOfStretch = (
  recording: Recording,
  thread: Thread,
  window: Window,
  name: string,
  rows: readonly string[],
): Chain => {
  const { pid, tid } = thread;
  const who = { pid, tid, comm: cleanText(thread.comm, 16) };
  // A wait inside a call means what the call is for.
  const around = recording.callsOf(tid, window).filter(({ depth, pid: own }) => depth === 0 && own === pid);
  const parts = spentIn(recording, who, window, around);
  const nothing = { calls: 0, timeOf: () => 0 };
  const found = rootOf(excessOf(parts, 0, 'on_cpu', nothing));
  const duration_ns = window.end_ns - window.start_ns;
  const self = { kind: 'unknown' as const, ...who, what: 'nothing was recorded of it' };
  const part = found?.part ?? {
    ...{ ...self, grade: 'E' as const, duration_ns, ...window },
    ...{ evidence: [], path: [] },
  };
  const lost = sumLosses(lossesAbout(recording, window, tid)).filter(isHarmful);
  const root = namedRoot(recording, { ...part, what: whatOf(part) }, part, [{ tid: part.tid, window }]);
  const breakdown = breakdownOf(parts, WHOLE);
  const share = Math.round((part.duration_ns / Math.max(1, duration_ns)) * 1e3) / 1e3;
  const code = codeOfStack(recording, part.path[0]?.stack ?? part.stack ?? null);
  const summary = `${taskText(who)}, ${name} of ${durationText(duration_ns)}: ${partText(share)} ${wayText(root, part.path, who)}.`;
  const chain: Chain = {
    ...{ id: 'c1', summary },
    symptom: {
      ...{ kind: 'stall', op: name, ...who, ...window, duration_ns, baseline_ns: 0, count: 1 },
      ...(code === undefined ? {} : { code }),
    },
    root: { kind: root.kind, pid: root.pid, tid: root.tid, comm: root.comm, what: root.what, share },
    ...(part.path.length === 0 ? {} : { via: part.path.map(({ to }) => taskText(to)) }),
    links: linksOf(recording, { tid, parts, part, root, rows, code }),
    ...{ breakdown, closure: recording.hasWaits ? 1 : 0 },
    ...{ confidence: confidenceOf(part.grade, lost.length), grade: part.grade },
    counter_evidence: [
      'usual time: not compared, this is one event',
      ...(around.length === 0 ? ['calls: in none that is traced'] : []),
      ...lost.map(({ reason, count }) => `missing around it: ${reason} (${count})`),
    ],
    recommendations: recommendationsOf(recording, root, {
      ...{ ...who, op: name, role: '', part, total_ns: duration_ns, explained_ns: part.duration_ns },
    }),
  };
  return { ...shortened(chain, parts, part.path.length + 1, summary), breakdown };
};

const insideOf = (recording: Recording, { pid, tid }: Thread, window: Window): readonly Inside[] =>
  recording
    .waitsOf(tid, window)
    .filter((wait) => wait.pid === pid)
    .toSorted((a, b) => b.duration_ns - a.duration_ns || a.id - b.id)
    .map(({ id, start_ns, duration_ns, kind, waker_pid, waker_tid, waker_comm, waker_context }) => ({
      ...{ id: `waits:${id}`, start_ns, duration_ns, kind },
      by:
        waker_pid === null || waker_tid === null
          ? (waker_context ?? '')
          : taskText({ pid: waker_pid, tid: waker_tid, comm: cleanText(waker_comm ?? '', 16) }),
    }));

/** Other calls of the thread that lie in the window, or that it lies in. */
const callsAround = (recording: Recording, tid: number, window: Window, but: number): readonly string[] =>
  recording.callsOf(tid, window).flatMap(({ id, op }) => (id === but ? [] : [`calls:${id} ${op}`]));

/** The explanation of one event; undefined for a call whose row is gone or took no time. */
export const explainEvent = (recording: Recording, asked: Asked): EventExplained | undefined => {
  switch (asked.kind) {
    case 'call': {
      const { call } = asked;
      const window = { start_ns: call.start_ns, end_ns: call.start_ns + call.duration_ns };
      const found = chainOfCall(recording, call);
      const inside = insideOf(recording, call, window);
      const calls = callsAround(recording, call.tid, window, call.id);
      return found === undefined ? undefined : { id: `calls:${call.id}`, ...found, inside, calls };
    }
    case 'wait': {
      const { wait } = asked;
      const id = `waits:${wait.id}`;
      const window = { start_ns: wait.start_ns, end_ns: wait.start_ns + wait.duration_ns };
      const chain = chainOfStretch(recording, wait, window, `a wait (${wait.kind})`, [id]);
      return { id, chain, isSlow: null, inside: [], calls: callsAround(recording, wait.tid, window, 0) };
    }
    case 'running': {
      const { thread, window } = asked;
      const chain = chainOfStretch(recording, thread, window, 'a turn on a CPU', []);
      return { id: 'running', chain, isSlow: null, inside: [], calls: callsAround(recording, thread.tid, window, 0) };
    }
  }
};
