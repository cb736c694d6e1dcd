// Fills the memory of programs: with what runs at the start, and with each child from then on.
import type { LiveEvent } from '../../capture/live/decode.ts';
import type { Tap } from '../../capture/live/tap.ts';
import { allPids, processInfo } from '../../capture/process-info.ts';
import type { ExecMemory } from './exec-memory.ts';

const RATE = 5000;

/** Starts; what programs begin is noted by whoever sees that. */
export const remember = (execs: ExecMemory, tap: Tap): { readonly stop: () => void } => {
  const onFork = ({ time, comm, values }: LiveEvent) => {
    const { parent_pid: parent, child_pid: child } = values;
    if (typeof parent === 'number' && typeof child === 'number') execs.forked(child, time, { pid: parent, comm });
  };
  const forks = tap.subscribe('sched:sched_process_fork', { sample: 1, rate: RATE, wake: false, lazy: true }, onFork);
  // Parents first, as their ids mostly are smaller.
  for (const pid of allPids().sort((a, b) => a - b)) {
    const info = processInfo(pid, { keepArguments: true });
    if (info?.exe === undefined) continue;
    const parents: { pid: number; comm: string }[] = [];
    const parent = processInfo(info.parentPid, { keepArguments: true });
    if (parent !== undefined) parents.push({ pid: parent.pid, comm: parent.comm });
    execs.note(pid, 0, info.exe, parents);
  }
  return { stop: forks.stop };
};
