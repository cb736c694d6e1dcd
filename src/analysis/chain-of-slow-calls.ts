// Makes the chain of a cluster of slow calls: what the answer shows of it, with evidence, doubts and words.

import { cleanText } from '../base/sanitize.ts';
import { countText } from '../base/units.ts';
import type { LossRow, Recording } from '../store/recording.ts';
import { sampledIn } from './causes/sampled.ts';
import type { Chain, Culprit, Link } from './chain.ts';
import type { Cluster } from './cluster.ts';
import { codeOfCluster, codeOfStack, sameCode } from './cluster-code.ts';
import { type CodeLine, codeText } from './code-line.ts';
import { confidenceOf, isHarmful } from './confidence.ts';
import { shortPath } from './frame-text.ts';
import { breakdownOf } from './shares.ts';
import type { Part } from './walk.ts';
import { ABSENT, counterEvidenceOf } from './words/counter-evidence.ts';
import { recommendationsOf } from './words/recommend.ts';
import { summaryOf } from './words/summary.ts';

/** Links besides the root's own, and rows that one link names. */
const MORE_LINKS = 1;
const ROWS = 2;
const SMALLEST_LINK = 0.25;

/** `known`: the line that the symptom has, which a link need not repeat. */
const createLink =
  (recording: Recording, tid: number, known: CodeLine | undefined) =>
  ({ kind, tid: to, start_ns, end_ns, evidence, stack }: Part, rows: readonly string[]): Link => {
    const code = codeOfStack(recording, stack ?? null);
    return {
      from_tid: tid,
      to_tid: to,
      kind,
      start_ns,
      end_ns,
      evidence: [...rows, ...evidence.slice(0, ROWS)],
      ...(code === undefined || sameCode(code, known) ? {} : { code: codeText(code) }),
    };
  };

const linksOf = (recording: Recording, { symptom }: Cluster, known: CodeLine | undefined): readonly Link[] => {
  const { call, walk, part, root } = symptom;
  const others = walk.parts.filter(
    (other) => other !== part && other.evidence.length > 0 && other.duration_ns >= SMALLEST_LINK * call.duration_ns,
  );
  const link = createLink(recording, call.tid, known);
  return [
    { ...link(part, [`calls:${call.id}`]), kind: root.kind },
    ...others.slice(0, MORE_LINKS).map((other) => link(other, [])),
  ];
};

/** The root with its words: time in its own code is named by the function that CPU samples found it in. */
const namedRoot = (recording: Recording, { symptom, calls }: Cluster): Culprit => {
  const { root, call, part } = symptom;
  const { kind, pid, tid, comm } = root;
  if (kind === 'throttled') {
    const cgroup = recording.processes().find((process) => process.pid === call.pid)?.cgroup;
    return {
      kind,
      pid,
      tid,
      comm,
      what: cgroup == null ? part.what : `the CPU quota of cgroup ${cleanText(cgroup, 80)}`,
    };
  }
  if (kind !== 'on_cpu') return { kind, pid, tid, comm, what: root.what };
  const stretches = calls.map(({ tid: of, start_ns, duration_ns }) => ({
    tid: of,
    window: { start_ns, end_ns: start_ns + duration_ns },
  }));
  const sampled = sampledIn(recording, stretches);
  const found =
    sampled === undefined
      ? ''
      : `, ${sampled.count} of ${countText(sampled.samples, 'CPU sample')} in ${sampled.where}`;
  return { kind, pid, tid, comm, what: root.what + found };
};

const doubtsOf = ({ symptom }: Cluster, losses: readonly LossRow[]): readonly string[] => [
  ...losses.map(({ reason, count }) => `missing around it: ${reason} (${count})`),
  ...(symptom.walk.contradiction ? ['some intervals of this thread overlap each other: their times were cut'] : []),
];

/** Characters of a chain as JSON, 400 tokens of 4 each; one that is longer loses what matters least. */
const LONGEST = 1600;
const FEW_PARTS = 2;

/** The chain, or with what matters least left out, step by step, until it is short enough. `plain`: its summary in fewer words. */
const shortened = (chain: Chain, parts: readonly Part[], plain: string): Chain => {
  const fewer = { ...chain, breakdown: breakdownOf(parts, FEW_PARTS), links: chain.links.slice(0, 1) };
  const first = { ...fewer, recommendations: fewer.recommendations.slice(0, 1) };
  const least = { ...first, counter_evidence: first.counter_evidence.filter((line) => !line.startsWith(ABSENT)) };
  const { code } = chain.symptom;
  const shortCode = code?.file == null ? {} : { code: { ...code, file: shortPath(code.file, 1) } };
  const barest = { ...least, summary: plain, symptom: { ...chain.symptom, ...shortCode } };
  return [chain, fewer, first, least].find((one) => JSON.stringify(one).length <= LONGEST) ?? barest;
};

/** The chain of a cluster. */
export const chainOfSlowCalls = (recording: Recording, cluster: Cluster, id: string): Chain => {
  const { symptom, count } = cluster;
  const { call, slow, walk, part } = symptom;
  const window = { start_ns: call.start_ns, end_ns: call.start_ns + call.duration_ns };
  const doubts = doubtsOf(cluster, recording.losses(window).filter(isHarmful));
  const root = namedRoot(recording, cluster);
  const from = codeOfCluster(recording, cluster);
  const breakdown = breakdownOf(walk.parts);
  // The same number as in the breakdown, whose shares are rounded together.
  const line = breakdown.find(
    ({ kind, pid, tid, what }) => kind === part.kind && pid === part.pid && tid === part.tid && what === part.what,
  );
  const share = line?.share ?? Math.round((part.duration_ns / call.duration_ns) * 1e4) / 1e4;
  const chain: Chain = {
    id,
    summary: summaryOf(recording, cluster, root, share, from),
    symptom: {
      kind: 'slow_call',
      op: call.op,
      pid: call.pid,
      tid: call.tid,
      comm: cleanText(call.comm, 16),
      ...window,
      duration_ns: call.duration_ns,
      baseline_ns: slow.baseline.usual_ns,
      count,
      ...(from.code === undefined ? {} : { code: from.code }),
    },
    root: { ...root, share },
    links: linksOf(recording, cluster, from.code),
    breakdown,
    closure: walk.closure,
    confidence: confidenceOf(symptom.root.grade, doubts.length),
    grade: symptom.root.grade,
    counter_evidence: counterEvidenceOf(recording, cluster, doubts),
    recommendations: recommendationsOf(recording, root, cluster),
  };
  return shortened(chain, walk.parts, summaryOf(recording, cluster, root, share, { ...from, mostly: undefined }));
};
