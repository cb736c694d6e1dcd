// Makes the chains of stretches that belong together: gaps in which the device starves, and time of programs without calls.
import { durationText, shareText } from '../base/units.ts';
import type { Recording } from '../store/recording.ts';
import { sampledIn } from './causes/sampled.ts';
import type { Chain } from './chain.ts';
import { linksOf, namedRoot, shortened } from './chain-parts.ts';
import { codeOfStack } from './cluster-code.ts';
import { type CodeLine, codeText } from './code-line.ts';
import { confidenceOf, isHarmful, weakest } from './confidence.ts';
import { sumLosses } from './losses.ts';
import { breakdownOf } from './shares.ts';
import { type Cause, causesOf, type Spent, type Stretches, spentOn } from './stretches.ts';
import { lengthText, partText, taskText } from './words/cause.ts';
import { wayText } from './words/path.ts';
import { recommendationsOf } from './words/recommend.ts';

/** A chain that may be said, and what it explains, in ns. */
export type Candidate = { readonly explained_ns: number; readonly chain: (id: string) => Chain };

/** Of the whole, to be worth saying: of time that the thread waited, and of time that it ran by itself. */
const LEAST_WAITED = 0.1;
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
    if (part.kind !== 'on_cpu') return duration_ns >= LEAST_WAITED * whole_ns;
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

const symptomText = (stretches: Stretches, code: CodeLine | undefined): string => {
  const { kind, pid, tid, comm, op, whole_ns, total_ns, count, windows, median_ns } = stretches;
  const who = taskText({ pid, tid, comm });
  const from = code === undefined ? '' : `, mostly at ${codeText(code)}`;
  const [longest] = windows;
  if (kind === 'stall') return `${who} was looked at for ${durationText(whole_ns)}${from}`;
  const length = longest === undefined ? 0 : longest.end_ns - longest.start_ns;
  const lengths =
    count === 1
      ? durationText(length)
      : `${lengthText(length, undefined, 1, 0)} at most, ${durationText(median_ns)} usually`;
  return `${who} left the device without work for ${shareText(total_ns / whole_ns)} of ${durationText(whole_ns)}: ${count} gaps between its calls, ${lengths}, before ${op}${from}`;
};

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
  const lost = sumLosses(recording.losses(shown)).filter(isHarmful);
  const doubts = [
    ...lost.map((loss) => `missing around it: ${loss.reason} (${loss.count})`),
    ...(contradiction ? ['some intervals of this thread overlap each other: their times were cut'] : []),
  ];
  const root = namedRoot(
    recording,
    part,
    part,
    windows.map((window) => ({ tid, window })),
  );
  const share = Math.round((cause.duration_ns / Math.max(1, total_ns)) * 1e4) / 1e4;
  const stack = part.path[0]?.stack ?? part.stack ?? null;
  const code = codeOfStack(recording, stack);
  const way = wayText(root, part.path, { tid, comm });
  const grade = stretches.isCertain ? part.grade : weakest([part.grade, 'D']);
  return (id: string): Chain => {
    const plain = `${symptomText(stretches, undefined)}: ${partText(share)} ${way}.`;
    const chain: Chain = {
      id,
      summary: `${symptomText(stretches, code)}: ${partText(share)} ${way}.`,
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
      confidence: confidenceOf(grade, doubts.length),
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
    .map((cause) => ({ explained_ns: cause.duration_ns, chain: chainOf(recording, stretches, spent, cause) }));
};
