// Symptoms besides slow calls, gaps and failed calls: said where what those tell does not say the same. To add one: its file in
// symptoms/, its test, its line here.
import type { RootKind } from '../catalogue/root-kinds.ts';
import type { Recording, Window } from '../store/recording.ts';
import type { Chain } from './chain.ts';
import { findingOfSlowdown } from './chain-of-slowdown.ts';
import { callsByThread, type ThreadCalls } from './symptoms/calls-by-thread.ts';
import { growingMemory } from './symptoms/memory-growth.ts';
import { oomKills } from './symptoms/oom-kill.ts';
import type { Slowdown } from './symptoms/slowdown.ts';
import { slowerSteps } from './symptoms/slower-steps.ts';
import { throughputFell } from './symptoms/throughput-fell.ts';

/** A symptom that was found and explained. `pid` is whose it is. */
export type Finding = {
  readonly explained_ns: number;
  /** It ended a process: said before all that was slow. */
  readonly isFatal?: true;
  readonly pid: number;
  readonly root: { readonly kind: RootKind; readonly pid: number; readonly comm: string };
  readonly chain: (id: string) => Chain;
};

/** Of a thread's calls in order. */
const ofThread: readonly ((thread: ThreadCalls) => Slowdown | undefined)[] = [slowerSteps, throughputFell];
/** Of the whole window. */
const ofWindow: readonly ((recording: Recording, window: Window, pid: number | undefined) => readonly Finding[])[] = [
  oomKills,
  growingMemory,
];

/** What else is found, the gravest first, that no chain says already: same process, and the same kind of cause by the same one. */
export const furtherFindings = (
  recording: Recording,
  window: Window,
  pid: number | undefined,
  said: readonly Chain[],
): readonly Finding[] => {
  const isSaid = (finding: Finding) =>
    said.some(
      ({ symptom, root }) =>
        symptom.pid === finding.pid &&
        root.kind === finding.root.kind &&
        (root.pid === finding.root.pid || root.comm === finding.root.comm),
    );
  const slow = callsByThread(recording, window, pid)
    .flatMap((thread) => ofThread.map((find) => find(thread)).filter((one) => one !== undefined))
    .map((slowdown) => findingOfSlowdown(recording, slowdown))
    .filter((one) => one !== undefined)
    .toSorted((a, b) => b.explained_ns - a.explained_ns);
  return [...ofWindow.flatMap((find) => find(recording, window, pid)), ...slow].filter((finding) => !isSaid(finding));
};
