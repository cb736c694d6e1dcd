// The one or two sentences that answer why a call was slow. Every number in them stands in the chain, too.
import { countText, durationText, shareText } from '../../base/units.ts';
import type { Recording } from '../../store/recording.ts';
import { insideOf } from '../causes/first-call.ts';
import type { Culprit } from '../chain.ts';
import type { Cluster } from '../cluster.ts';
import { timeByKind } from '../shares.ts';
import { causeText, lengthText, partText } from './cause.ts';

/** Part of a call that calls inside it must fill to be mentioned. */
const WORTH_MENTIONING = 0.1;

const inside = (recording: Recording, { symptom }: Cluster): string => {
  const [most] = insideOf(recording, symptom.call);
  if (most === undefined || most.total_ns < WORTH_MENTIONING * symptom.call.duration_ns) return '';
  return ` Of it, ${durationText(most.total_ns)} passed inside ${countText(most.count, `${most.op} call`)}.`;
};

/** All of the root's kind, when others than the named culprit had a part in it. */
const sameKind = ({ symptom }: Cluster, root: Culprit, share: number): string => {
  const all = (timeByKind(symptom.walk.parts).get(root.kind) ?? 0) / symptom.call.duration_ns;
  return all - share < 0.05 ? '' : `, and ${shareText(all - share)} more went the same way to others`;
};

/** The summary of a chain of slow calls; `root` with its words final, `share` of the call from 0 to 1. */
export const summaryOf = (recording: Recording, cluster: Cluster, root: Culprit, share: number): string => {
  const { symptom, count, total_ns } = cluster;
  const { call, slow } = symptom;
  const usual = slow.reason === 'above' && slow.baseline.of !== 'none' ? slow.baseline.usual_ns : undefined;
  const took = `${call.op} took ${lengthText(call.duration_ns, usual, count, total_ns)}`;
  const remark =
    slow.reason === 'asked' ? ', which is usual for it' : slow.reason === 'always' ? ', as it usually does here' : '';
  const cause = causeText(root, call);
  const whole = root.kind === 'on_cpu' ? `: which code that was, this recording does not tell` : '';
  return `${took}${remark}: ${partText(share)} ${cause}${sameKind(cluster, root, share)}${whole}.${inside(recording, cluster)}`;
};
