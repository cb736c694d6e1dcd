// Stretches and moments in the kernel: from the words of the ring to rows.
import type { Clock } from '../capture/clock.ts';
import { eventWords, PID, TID, textAt, timeSince, wide } from '../capture/event-words.ts';
import type { EventHandler } from '../capture/ring.ts';
import type { WaitWriter } from '../store/wait-writer.ts';
import type { Threads } from './threads.ts';

const scope = eventWords.scope;
const moment = eventWords.moment;
const S = {
  start: scope('start'),
  end: scope('end'),
  kind: scope('kind'),
  detail: scope('detail'),
  value: scope('value'),
};
const M = {
  time: moment('time'),
  value: moment('value'),
  kind: moment('kind'),
  detail: moment('detail'),
  byPid: moment('by_pid'),
  byTid: moment('by_tid'),
  comm: moment('comm'),
};

type Parts = { readonly writer: WaitWriter; readonly threads: Threads; readonly clock: Clock };

/** Handlers for the events `scope` and `moment`. */
export const createNoteEvents = ({
  writer,
  threads,
  clock,
}: Parts): { readonly scope: EventHandler; readonly moment: EventHandler } => {
  const threadAt = (words: Uint32Array, at: number) => {
    const [pid, tid] = [words[at + PID] ?? 0, words[at + TID] ?? 0];
    return pid === 0 ? null : threads.idOf(pid, tid);
  };
  return {
    scope: (words, at) => {
      const time = timeSince(words, at + S.start, clock);
      writer.scope({
        time,
        duration: timeSince(words, at + S.end, clock) - time,
        thread: threadAt(words, at),
        kind: words[at + S.kind] ?? 0,
        detail: words[at + S.detail] ?? 0,
        value: wide(words, at + S.value),
      });
    },
    moment: (words, at) => {
      const [byPid, byTid] = [words[at + M.byPid] ?? 0, words[at + M.byTid] ?? 0];
      writer.moment({
        time: timeSince(words, at + M.time, clock),
        thread: threadAt(words, at),
        kind: words[at + M.kind] ?? 0,
        value: wide(words, at + M.value),
        detail: words[at + M.detail] ?? 0,
        by: byPid === 0 ? null : threads.idNamed(byPid, byTid, textAt(words, at + M.comm, 16)),
      });
    },
  };
};
