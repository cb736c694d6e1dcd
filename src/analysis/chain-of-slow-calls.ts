// Makes the chain of a cluster of slow calls: what the answer shows of it, with evidence, doubts and words.

import { cleanText } from '../base/sanitize.ts';
import type { LossRow, Recording } from '../store/recording.ts';
import type { Chain } from './chain.ts';
import { linksOf, namedRoot } from './chain-parts.ts';
import type { Cluster } from './cluster.ts';
import { codeOfCluster } from './cluster-code.ts';
import { besidesObserver, confidenceOf, isHarmful, OF_OBSERVER, withNobody } from './confidence.ts';
import { lossesAbout, sumLosses } from './losses.ts';
import { whatOf } from './pieces.ts';
import { breakdownOf } from './shares.ts';
import { shortened } from './shortened.ts';
import { taskText } from './words/cause.ts';
import { counterEvidenceOf } from './words/counter-evidence.ts';
import { recommendationsOf } from './words/recommend.ts';
import { summaryOf } from './words/summary.ts';

const doubtsOf = ({ symptom }: Cluster, losses: readonly LossRow[]): readonly string[] => [
  ...losses.map(({ reason, count }) => `missing around it: ${reason} (${count})`),
  ...(symptom.walk.contradiction ? ['some intervals of this thread overlap each other: their times were cut'] : []),
];

/** The chain of a cluster. */
export const chainOfSlowCalls = (recording: Recording, cluster: Cluster, id: string): Chain => {
  const { symptom, count } = cluster;
  const { call, slow, walk, part } = symptom;
  const window = { start_ns: call.start_ns, end_ns: call.start_ns + call.duration_ns };
  const doubts = doubtsOf(cluster, sumLosses(lossesAbout(recording, window, call.tid)).filter(isHarmful));
  const stretches = cluster.calls.map(({ tid, start_ns, duration_ns }) => ({
    tid: part.path.length === 0 ? tid : part.tid,
    window: { start_ns, end_ns: start_ns + duration_ns },
  }));
  const root = namedRoot(recording, symptom.root, part, stretches);
  const from = codeOfCluster(recording, cluster);
  const breakdown = breakdownOf(walk.parts);
  // The same number as in the breakdown, whose shares are rounded together.
  const line = breakdown.find(
    ({ kind, pid = 0, tid = 0, what = '' }) =>
      kind === part.kind && pid === part.pid && tid === part.tid && what === whatOf(part),
  );
  const share = line?.share ?? Math.round((part.duration_ns / call.duration_ns) * 1e3) / 1e3;
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
    ...(part.path.length === 0 ? {} : { via: part.path.map(({ to }) => taskText(to)) }),
    links: linksOf(recording, {
      ...{ tid: call.tid, parts: walk.parts, part, root: symptom.root, rows: [`calls:${call.id}`], code: from.code },
    }),
    breakdown,
    closure: walk.closure,
    confidence:
      symptom.root.kind === 'observer'
        ? OF_OBSERVER
        : besidesObserver(withNobody(confidenceOf(symptom.root.grade, doubts.length), part), cluster.observed),
    grade: symptom.root.grade,
    counter_evidence: counterEvidenceOf(recording, cluster, doubts),
    recommendations: recommendationsOf(recording, root, { ...cluster, ...call, part }),
  };
  return shortened(
    chain,
    walk.parts,
    part.path.length + 1,
    summaryOf(recording, cluster, root, share, { ...from, mostly: undefined }),
  );
};
