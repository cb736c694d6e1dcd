// Makes the chain of a cluster of slow calls: what the answer shows of it, with evidence, doubts and words.

import { cleanText } from '../base/sanitize.ts';
import type { LossRow, Recording } from '../store/recording.ts';
import type { Chain, Culprit, Link } from './chain.ts';
import type { Cluster } from './cluster.ts';
import { confidenceOf, isHarmful } from './confidence.ts';
import { breakdownOf } from './shares.ts';
import type { Part } from './walk.ts';
import { ABSENT, counterEvidenceOf } from './words/counter-evidence.ts';
import { recommendationsOf } from './words/recommend.ts';
import { summaryOf } from './words/summary.ts';

/** Links besides the root's own, and rows that one link names. */
const MORE_LINKS = 1;
const ROWS = 2;
const SMALLEST_LINK = 0.25;
const FRAMES = 3;
const NO_NAME = '[unknown]';

const linkOf = (tid: number, { kind, tid: to, start_ns, end_ns, evidence }: Part, rows: readonly string[]): Link => ({
  from_tid: tid,
  to_tid: to,
  kind,
  start_ns,
  end_ns,
  evidence: [...rows, ...evidence.slice(0, ROWS)],
});

const linksOf = ({ symptom }: Cluster): readonly Link[] => {
  const { call, walk, part, root } = symptom;
  const others = walk.parts.filter(
    (other) => other !== part && other.evidence.length > 0 && other.duration_ns >= SMALLEST_LINK * call.duration_ns,
  );
  return [
    { ...linkOf(call.tid, part, [`calls:${call.id}`]), kind: root.kind },
    ...others.slice(0, MORE_LINKS).map((other) => linkOf(call.tid, other, [])),
  ];
};

/** The root with its words: time in its own code is named by the functions that made the call, where they are known. */
const namedRoot = (recording: Recording, { symptom }: Cluster): Culprit => {
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
  const frames =
    call.stack === null
      ? []
      : recording
          .framesOf(call.stack)
          .filter((name) => name !== NO_NAME)
          .slice(0, FRAMES);
  if (kind !== 'on_cpu' || frames.length === 0) return { kind, pid, tid, comm, what: root.what };
  return {
    kind,
    pid,
    tid,
    comm,
    what: `${root.what}, called from ${frames.map((name) => cleanText(name, 40)).join(' < ')}`,
  };
};

const doubtsOf = ({ symptom }: Cluster, losses: readonly LossRow[]): readonly string[] => [
  ...losses.map(({ reason, count }) => `missing around it: ${reason} (${count})`),
  ...(symptom.walk.contradiction ? ['some intervals of this thread overlap each other: their times were cut'] : []),
];

/** Characters of a chain as JSON, 400 tokens of 4 each; one that is longer loses what matters least. */
const LONGEST = 1600;
const FEW_PARTS = 2;

/** The chain, or with what matters least left out, step by step, until it is short enough. */
const shortened = (chain: Chain, parts: readonly Part[]): Chain => {
  const fewer = { ...chain, breakdown: breakdownOf(parts, FEW_PARTS), links: chain.links.slice(0, 1) };
  const first = { ...fewer, recommendations: fewer.recommendations.slice(0, 1) };
  const least = { ...first, counter_evidence: first.counter_evidence.filter((line) => !line.startsWith(ABSENT)) };
  return [chain, fewer, first].find((one) => JSON.stringify(one).length <= LONGEST) ?? least;
};

/** The chain of a cluster. */
export const chainOfSlowCalls = (recording: Recording, cluster: Cluster, id: string): Chain => {
  const { symptom, count } = cluster;
  const { call, slow, walk, part } = symptom;
  const window = { start_ns: call.start_ns, end_ns: call.start_ns + call.duration_ns };
  const doubts = doubtsOf(cluster, recording.losses(window).filter(isHarmful));
  const root = namedRoot(recording, cluster);
  const breakdown = breakdownOf(walk.parts);
  // The same number as in the breakdown, whose shares are rounded together.
  const line = breakdown.find(
    ({ kind, pid, tid, what }) => kind === part.kind && pid === part.pid && tid === part.tid && what === part.what,
  );
  const share = line?.share ?? Math.round((part.duration_ns / call.duration_ns) * 1e4) / 1e4;
  const chain: Chain = {
    id,
    summary: summaryOf(recording, cluster, root, share),
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
    },
    root: { ...root, share },
    links: linksOf(cluster),
    breakdown,
    closure: walk.closure,
    confidence: confidenceOf(symptom.root.grade, doubts.length),
    grade: symptom.root.grade,
    counter_evidence: counterEvidenceOf(recording, cluster, doubts),
    recommendations: recommendationsOf(recording, root, cluster),
  };
  return shortened(chain, walk.parts);
};
