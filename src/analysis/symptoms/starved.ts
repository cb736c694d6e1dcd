// The gaps between calls as a symptom: what is told of them.
import { cleanText } from '../../base/sanitize.ts';
import { durationText } from '../../base/units.ts';
import type { Recording, Window } from '../../store/recording.ts';
import type { Stretches } from '../stretches.ts';
import { gapsOf, type ThreadGaps } from './gap.ts';
import { type Lull, lullsOf } from './lulls.ts';

/** Threads whose gaps are looked into. */
const MOST_THREADS = 4;
/** Part of a thread's time that its gaps must take to be looked into. */
const LEAST_SHARE = 0.1;
/** A gap so many times the middle one is not how the program is made. */
const UNUSUAL = 5;
/** And one or two may be a pause between parts of a program. */
const SEVERAL = 3;
/** Around a time of few calls, in ns: a gap may reach over its edges. */
const AROUND_NS = 1e9;
/** Rows of calls that are looked at for one such time. */
const ROWS_OF_LULL = 400_000;

const areUnusual = ({ gaps, median_ns }: ThreadGaps): boolean =>
  gaps.filter(({ start_ns, end_ns }) => end_ns - start_ns >= UNUSUAL * median_ns).length >= SEVERAL;

const isMuch = ({ total_ns, span_ns }: ThreadGaps): boolean => total_ns >= LEAST_SHARE * span_ns;

const stretchesOf = (recording: Recording, thread: ThreadGaps, checks: readonly string[]): readonly Stretches[] => {
  const [longest] = thread.gaps;
  const call = longest === undefined ? undefined : recording.callById(longest.after.id);
  if (call === undefined) return [];
  const about = thread.share === 1 ? '' : 'about ';
  const idle = thread.isDrained
    ? 'device idle: its work before was done'
    : 'device idle: likely, but the thread never waits for the device';
  return [
    {
      ...{ kind: 'gap', pid: thread.pid, tid: thread.tid, comm: cleanText(call.comm, 16), op: call.op },
      ...{
        windows: thread.gaps,
        others: thread.others,
        count: thread.count,
        total_ns: thread.total_ns,
        median_ns: thread.median_ns,
      },
      ...{ whole_ns: thread.span_ns, rows: [`calls:${call.id}`], isCertain: thread.isDrained },
      isUnusual: areUnusual(thread),
      checks: [
        idle,
        `usual gap: ${durationText(thread.median_ns)}, the middle of ${about}${thread.count} over 1 ms`,
        ...checks,
      ],
      ...(thread.share === 1 ? {} : { isEstimate: true }),
    },
  ];
};

/** Threads that left the device without work for a good part of their time. */
export const starvedBy = (recording: Recording, window: Window, pid: number | undefined): readonly Stretches[] =>
  gapsOf(recording, window, pid)
    .filter(isMuch)
    .slice(0, MOST_THREADS)
    .flatMap((thread) => stretchesOf(recording, thread, []));

const starvedIn = (recording: Recording, { pid, start_ns, end_ns, usual }: Lull): readonly Stretches[] => {
  const around = { start_ns: Math.max(0, start_ns - AROUND_NS), end_ns: end_ns + AROUND_NS };
  const few = `its calls fell below half of the usual ${usual} a second at ${durationText(start_ns)}`;
  return gapsOf(recording, around, pid, ROWS_OF_LULL)
    .filter(isMuch)
    .slice(0, 1)
    .flatMap((thread) => stretchesOf(recording, thread, [few]));
};

/** The same of times, short against the window, in which a process made far fewer calls than usual: of each the worst thread. */
export const starvedInLulls = (recording: Recording, window: Window, pid: number | undefined): readonly Stretches[] =>
  lullsOf(recording, window, pid).flatMap((lull) => starvedIn(recording, lull));
