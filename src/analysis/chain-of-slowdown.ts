// Makes the chain of a lasting slowdown: walks some slow stretches and some usual ones, and names what the slow ones have more of.
import { cleanText } from '../base/sanitize.ts';
import { countText, durationText } from '../base/units.ts';
import type { Recording } from '../store/recording.ts';
import type { Chain } from './chain.ts';
import { linksOf, namedRoot } from './chain-parts.ts';
import { codeOfStack } from './cluster-code.ts';
import { confidenceOf, isHarmful } from './confidence.ts';
import type { Finding } from './findings.ts';
import { lossesAbout, sumLosses } from './losses.ts';
import { type Part, whatOf } from './pieces.ts';
import { excessOf, rootOf } from './root.ts';
import { breakdownOf } from './shares.ts';
import { shortened } from './shortened.ts';
import { spentIn } from './spent-in.ts';
import { sumParts } from './sum-parts.ts';
import type { Beat, Slowdown } from './symptoms/slowdown.ts';
import { causeKey, type Typical } from './typical.ts';
import { recordingWithin } from './within.ts';
import { partText, taskText } from './words/cause.ts';
import { wayText } from './words/path.ts';
import { recommendationsOf } from './words/recommend.ts';

/** Stretches that are walked of each sort, evenly spread. */
const WALKED = 16;
/** The part of the excess that a cause must explain to be called one. */
const LEAST_EXPLAINED = 0.25;

const evenly = (beats: readonly Beat[]): readonly Beat[] =>
  beats.length <= WALKED
    ? beats
    : Array.from({ length: WALKED }, (_, i) => beats[Math.floor(((i + 0.5) * beats.length) / WALKED)]).filter(
        (beat) => beat !== undefined,
      );

type Thread = { readonly pid: number; readonly tid: number; readonly comm: string };

/** What one stretch is spent on, in the mean of those walked. */
const meanOf = (recording: Recording, thread: Thread, beats: readonly Beat[]): readonly Part[] =>
  sumParts(
    beats.map((beat) =>
      spentIn(
        recordingWithin(recording, beat),
        thread,
        beat,
        beat.calls.map((call) => ({ ...call, duration_ns: call.end_ns - call.start_ns })),
      ),
    ),
  ).map((part) => ({ ...part, duration_ns: Math.round(part.duration_ns / beats.length) }));

const lengthOf = ({ start_ns, end_ns }: Beat): number => end_ns - start_ns;

const symptomText = ({ of, op, slow, usual_ns, calls, span_ns }: Slowdown, who: string, middle: number): string => {
  const rate = (ns: number) => `${Number(((calls * 1e9) / ns).toPrecision(3))}`;
  if (of === 'throughput')
    return `${who} makes ${rate(middle)} calls a second instead of ${rate(usual_ns)} (mostly ${op})`;
  return `steps of ${who}, each ending with ${op}, got slower: ${durationText(middle)} instead of ${durationText(usual_ns)}, ${countText(slow.length, 'step')} in ${durationText(span_ns)}`;
};

/** The finding; undefined when nothing that the slow stretches have more of explains enough. */
export const findingOfSlowdown = (recording: Recording, slowdown: Slowdown): Finding | undefined => {
  const { pid, tid, op, slow, usual, usual_ns, excess_ns, of } = slowdown;
  const [first] = slow;
  const call = recording.callById(first?.calls.at(-1)?.id ?? 0);
  if (first === undefined || call === undefined) return undefined;
  const thread = { pid, tid, comm: cleanText(call.comm, 16) };
  const shown = slow.toSorted((a, b) => lengthOf(a) - lengthOf(b))[slow.length >> 1] ?? first;
  const walked = evenly(slow);
  const compared = evenly(usual);
  const now = meanOf(recording, thread, walked);
  const before = new Map<string, number>();
  for (const part of meanOf(recording, thread, compared)) {
    const key = causeKey(part, 'on_cpu');
    before.set(key, (before.get(key) ?? 0) + part.duration_ns);
  }
  const typical: Typical = {
    calls: compared.length,
    timeOf: (part) => before.get(causeKey(part, 'on_cpu')) ?? 0,
  };
  const found = rootOf(excessOf(now, usual_ns, 'on_cpu', typical));
  const total = now.reduce((sum, { duration_ns }) => sum + duration_ns, 0);
  if (found === undefined || found.excess_ns < LEAST_EXPLAINED * Math.max(1, total - usual_ns)) return undefined;
  const { part } = found;
  const scale = slow.reduce((sum, beat) => sum + lengthOf(beat), 0) / Math.max(1, total);
  const parts = now.map((one) => ({ ...one, duration_ns: Math.round(one.duration_ns * scale) }));
  const explained_ns = Math.min(excess_ns, Math.round(found.excess_ns * slow.length));
  const stretches = walked.map((window) => ({ tid: part.tid, window }));
  const root = namedRoot(recording, { ...part, what: whatOf(part) }, part, stretches);
  const share = Math.round((part.duration_ns / Math.max(1, total)) * 1e3) / 1e3;
  const lost = sumLosses(lossesAbout(recording, { start_ns: first.start_ns, end_ns: shown.end_ns }, tid)).filter(
    isHarmful,
  );
  const stack = part.path[0]?.stack ?? part.stack ?? null;
  const code = codeOfStack(recording, stack);
  const middle = lengthOf(shown);
  const rows = [...new Set([call.id, shown.calls.at(-1)?.id ?? call.id])].map((id) => `calls:${id}`);
  const way = wayText(root, part.path, thread);
  const summary = `${symptomText(slowdown, taskText(thread), middle)}: ${partText(share)} ${way}.`;
  const chain = (id: string): Chain => {
    const full: Chain = {
      ...{ id, summary },
      symptom: {
        ...{ kind: 'stall', op: of === 'steps' ? `steps (${op})` : 'calls a second', ...thread },
        ...{ start_ns: shown.start_ns, end_ns: shown.end_ns, duration_ns: middle, baseline_ns: usual_ns },
        count: slow.length,
        ...(code === undefined ? {} : { code }),
      },
      root: { kind: root.kind, pid: root.pid, tid: root.tid, comm: root.comm, what: root.what, share },
      ...(part.path.length === 0 ? {} : { via: part.path.map(({ to }) => taskText(to)) }),
      links: linksOf(recording, { tid, parts, part, root, rows, code }),
      ...{ breakdown: breakdownOf(parts), closure: recording.hasWaits ? 1 : 0 },
      ...{ confidence: confidenceOf(part.grade, lost.length), grade: part.grade },
      counter_evidence: [
        `usual: ${durationText(usual_ns)}, from ${usual.length} before; ${durationText(typical.timeOf(part))} of this in them`,
        'not slow from the beginning, and not other calls than before',
        ...lost.map(({ reason, count }) => `missing around it: ${reason} (${count})`),
      ],
      recommendations: recommendationsOf(recording, root, {
        ...{ ...thread, op, role: '', part, total_ns: Math.round(total * scale), explained_ns },
      }),
    };
    return shortened(full, parts, part.path.length + 1, summary);
  };
  return { explained_ns, pid, root: { kind: root.kind, pid: root.pid, comm: root.comm }, chain };
};
