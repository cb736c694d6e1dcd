// Makes the chains of stretches that belong together: gaps in which the device starves, and time of programs without calls.
import { countText, durationText, shareText } from '../base/units.ts';
import type { Recording } from '../store/recording.ts';
import { sampledIn } from './causes/sampled.ts';
import type { Chain } from './chain.ts';
import { linksOf, namedRoot } from './chain-parts.ts';
import { codeOfStack } from './cluster-code.ts';
import { type CodeLine, codeText } from './code-line.ts';
import { besidesObserver, confidenceOf, isHarmful, OF_OBSERVER, weakest, withNobody } from './confidence.ts';
import { isInside, lossesAbout, sumLosses } from './losses.ts';
import { whatOf } from './pieces.ts';
import { breakdownOf, timeByKind } from './shares.ts';
import { shortened } from './shortened.ts';
import { type Cause, causesOf, type Spent, type Stretches, spentOn } from './stretches.ts';
import { isIdle } from './symptoms/idle.ts';
import { taskText } from './words/cause.ts';
import { wayText } from './words/path.ts';
import { recommendationsOf } from './words/recommend.ts';

/** A chain that may be said, what it explains, in ns, and whose doing that is: nobody's where it is as it should be. */
export type Candidate = {
  readonly explained_ns: number;
  readonly fault: 'theirs' | 'ours' | 'none';
  /** The same for the same kind of cause by the same process, of the same thread. */
  readonly key?: string;
  readonly chain: (id: string) => Chain;
};

/** Of the whole, to be worth saying: of time that the thread waited, of that in gaps far above its usual ones, and of time that it ran by itself. */
const LEAST_WAITED = 0.1;
const LEAST_UNUSUAL = 0.05;
const LEAST_RAN = 0.5;
const LEAST_NS = 20e6;
/** Or so much of it, however usual that is for the program. */
const NEARLY_ALL = 0.8;
const LONG_NS = 1e9;
/** Causes of one thread that are said. */
const MOST = 2;

/**
 * That a thread computes is its business: it is said only where most of the time goes there, and where it is more than usual, or
 * nearly all, or samples tell in which code.
 */
const isWorthSaying =
  (recording: Recording, { whole_ns, windows, tid, isUnusual }: Stretches) =>
  ({ part, duration_ns }: Cause): boolean => {
    if (duration_ns < LEAST_NS) return false;
    // Time of which no row tells is no cause: it stands in the breakdown of those that are.
    if (part.kind === 'unknown' && recording.lacks.has('row_counts') && part.evidence.length === 0) return false;
    // What began in the middle is a smaller part of the whole, but stands out from the rest.
    if (part.kind !== 'on_cpu' || part.path.length > 0)
      return duration_ns >= (isUnusual ? LEAST_UNUSUAL : LEAST_WAITED) * whole_ns;
    if (duration_ns < LEAST_RAN * whole_ns) return false;
    const isNearlyAll = duration_ns >= NEARLY_ALL * whole_ns && duration_ns >= LONG_NS;
    return (
      isUnusual ||
      isNearlyAll ||
      sampledIn(
        recording,
        windows.map((window) => ({ tid, window })),
      ) !== undefined
    );
  };

/** How many gaps there are, how long, and where in the code. */
const lengthsText = (
  { kind, op, count, windows, median_ns, isEstimate }: Stretches,
  code: CodeLine | undefined,
): string => {
  const from = code === undefined ? '' : `mostly at ${codeText(code)}`;
  if (kind === 'stall') return from;
  const [longest] = windows;
  const length = durationText(longest === undefined ? 0 : longest.end_ns - longest.start_ns);
  const lengths = count === 1 ? length : `${length} at most, ${durationText(median_ns)} usually`;
  return `${isEstimate === true ? 'about ' : ''}${countText(count, 'gap')} before ${op}, ${lengths}${from === '' ? '' : `, ${from}`}`;
};

const symptomText = ({ kind, pid, tid, comm, whole_ns, total_ns, isEstimate }: Stretches, more = ''): string => {
  const who = taskText({ pid, tid, comm });
  const rest = more === '' ? '' : ` (${more})`;
  const about = isEstimate === true ? 'about ' : '';
  return kind === 'stall'
    ? `${who} was looked at for ${durationText(whole_ns)}${rest}`
    : `${who} left the device without work for ${about}${shareText(total_ns / whole_ns)} of ${durationText(whole_ns)}${rest}`;
};

const partOfThat = (share: number): string => `${share >= 1 ? 'all' : shareText(share)} of that time`;

const chainOf = (
  recording: Recording,
  stretches: Stretches,
  { parts, closure, contradiction }: Spent,
  cause: Cause,
) => {
  const { kind, pid, tid, comm, op, windows, total_ns, rows, count, median_ns } = stretches;
  const { part } = cause;
  const [{ start_ns, end_ns } = { start_ns: 0, end_ns: 0 }] = windows;
  const shown = { start_ns, end_ns };
  const lost = sumLosses(lossesAbout(recording, shown, tid)).filter((loss) => isHarmful(loss) && isInside(loss, shown));
  const doubts = [
    ...lost.map((loss) => `missing around it: ${loss.reason} (${loss.count})`),
    ...(contradiction ? ['some intervals of this thread overlap each other: their times were cut'] : []),
  ];
  const root = namedRoot(
    recording,
    { ...part, what: whatOf(part) },
    part,
    windows.map((window) => ({ tid: part.tid, window })),
  );
  const observed = (timeByKind(parts).get('observer') ?? 0) / Math.max(1, total_ns);
  const share = Math.round((cause.duration_ns / Math.max(1, total_ns)) * 1e3) / 1e3;
  const stack = part.path[0]?.stack ?? part.stack ?? null;
  const code = codeOfStack(recording, stack);
  const way = wayText(root, part.path, 'it');
  const grade = stretches.isCertain ? part.grade : weakest([part.grade, 'D']);
  return (id: string): Chain => {
    // The whole name of a cgroup stands with the root.
    const plainWay = root.kind === 'throttled' ? wayText({ ...root, what: part.what }, part.path, 'it') : way;
    const plain = `${symptomText(stretches)}: ${partOfThat(share)} ${plainWay}.`;
    const chain: Chain = {
      id,
      summary: `${symptomText(stretches, lengthsText(stretches, code))}: ${partOfThat(share)} ${way}.`,
      symptom: {
        ...{
          kind,
          op,
          pid,
          tid,
          comm,
          ...shown,
          duration_ns: shown.end_ns - shown.start_ns,
          baseline_ns: median_ns,
          count,
        },
        ...(code === undefined ? {} : { code }),
      },
      root: { kind: root.kind, pid: root.pid, tid: root.tid, comm: root.comm, what: root.what, share },
      ...(part.path.length === 0 ? {} : { via: part.path.map(({ to }) => taskText(to)) }),
      links: linksOf(recording, { tid, parts, part, root, rows, code }),
      breakdown: breakdownOf(parts),
      closure,
      confidence:
        part.kind === 'observer'
          ? OF_OBSERVER
          : besidesObserver(withNobody(confidenceOf(grade, doubts.length), part), observed),
      grade,
      counter_evidence: [...stretches.checks, ...doubts],
      recommendations: recommendationsOf(recording, root, {
        ...{ pid, tid, comm, op, role: '', part, total_ns, explained_ns: cause.duration_ns },
      }),
    };
    return shortened(chain, parts, part.path.length + 1, plain);
  };
};

/** The chains of stretches: of each cause that took much of the whole, most time first. */
export const chainsOfStretches = (recording: Recording, stretches: Stretches): readonly Candidate[] => {
  const spent = spentOn(recording, stretches);
  return causesOf(spent.parts)
    .filter(isWorthSaying(recording, stretches))
    .slice(0, MOST)
    .map((cause) => ({
      explained_ns: cause.duration_ns,
      fault: cause.part.kind === 'observer' ? 'ours' : isIdle(recording, stretches, cause) ? 'none' : 'theirs',
      key: `${stretches.tid} ${cause.part.kind} ${cause.part.pid} ${cause.part.path.length > 0}`,
      chain: chainOf(recording, stretches, spent, cause),
    }));
};
