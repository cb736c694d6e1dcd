// Events of processes and threads: keeps names and the set of tracked processes up to date.
import type { Capture } from '../capture/capture.ts';
import { eventWords, PID, TID, TYPE, textAt, timeSince, wide } from '../capture/event-words.ts';
import type { EventHandler } from '../capture/ring.ts';
import { type EventName, events, libraryHolds } from '../catalogue/events.ts';
import type { Lives } from './lives.ts';
import { type Processes, resume } from './processes.ts';
import type { Threads } from './threads.ts';

const fork = eventWords.process_fork;
const exec = eventWords.process_exec;
const exit = eventWords.process_exit;
const rename = eventWords.thread_name;
const mapped = eventWords.library_mapped;
const NAME_BYTES = 64;

type Parts = {
  readonly capture: Capture;
  readonly threads: Threads;
  readonly lives: Lives;
  readonly processes: Processes;
  /** Called for a program that a process which is not tracked began to execute. */
  readonly onForeignExec: (pid: number, comm: string) => void;
};

/** Lets a process go on that was stopped for us, and does nothing else: for a recording that has failed. */
export const releaseHeld: EventHandler = (words, at) => {
  if (words[at + TYPE] === events.library_mapped.id && words[at + mapped('held')] === libraryHolds.yes)
    resume(words[at + PID] ?? 0);
};

/** A handler for all events of the control ring. */
export const createProcessEvents = ({ capture, threads, lives, processes, onForeignExec }: Parts): EventHandler => {
  const { clock } = capture;
  const byType = new Map<number, EventHandler>();
  const on = (name: EventName, handler: EventHandler) => byType.set(events[name].id, handler);

  on('process_fork', (words, at) => {
    const pid = words[at + fork('child_pid')] ?? 0;
    const tid = words[at + fork('child_tid')] ?? 0;
    const comm = textAt(words, at + fork('comm'), 16);
    const time = timeSince(words, at + fork('time'), clock);
    if (pid === tid) processes.born(pid, words[at + PID] ?? 0, time, comm);
    threads.name(pid, tid, comm);
    lives.born(pid, tid, time);
  });
  on('process_exec', (words, at) => {
    const pid = words[at + PID] ?? 0;
    const comm = textAt(words, at + exec('comm'), 16);
    if (!processes.isTracked(pid)) return onForeignExec(pid, comm);
    threads.name(pid, words[at + TID] ?? 0, comm);
    const time = timeSince(words, at + exec('time'), clock);
    lives.execed(pid, time);
    processes.became(pid, comm, time);
  });
  on('process_exit', (words, at) => {
    const tid = words[at + TID] ?? 0;
    const time = timeSince(words, at + exit('time'), clock);
    processes.endedThread(tid, time);
    lives.ended(tid, time);
    if (words[at + exit('last')] === 1) processes.ended(words[at + PID] ?? 0, time, words[at + exit('code')] ?? 0);
  });
  on('thread_name', (words, at) => {
    threads.name(words[at + PID] ?? 0, words[at + TID] ?? 0, textAt(words, at + rename('comm'), 16));
  });
  on('library_mapped', (words, at) => {
    const device = words[at + mapped('device')] ?? 0;
    const inode = wide(words, at + mapped('inode'));
    processes.mapped(
      words[at + PID] ?? 0,
      timeSince(words, at + mapped('time'), clock),
      words[at + mapped('held')] ?? libraryHolds.no,
      { name: textAt(words, at + mapped('name'), NAME_BYTES), key: `${device >>> 20}:${device & 0xf_ffff}:${inode}` },
    );
  });

  return (words, at) => byType.get(words[at + TYPE] ?? 0)?.(words, at);
};
