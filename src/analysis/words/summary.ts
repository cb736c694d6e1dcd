// The one or two sentences that answer why a call was slow. Every number in them stands in the chain, too.
import { countText, durationText, shareText } from '../../base/units.ts';
import type { Recording } from '../../store/recording.ts';
import { insideOf } from '../causes/first-call.ts';
import type { Culprit } from '../chain.ts';
import type { Cluster } from '../cluster.ts';
import type { ClusterCode } from '../cluster-code.ts';
import { codeText } from '../code-line.ts';
import { timeByKind } from '../shares.ts';
import { lengthText, partText, processText } from './cause.ts';
import { wayText } from './path.ts';

/** Part of a call that calls inside it must fill to be mentioned. */
const WORTH_MENTIONING = 0.1;
/** And time that others than the root took in the same way. */
const SAME_KIND = 0.2;

const inside = (recording: Recording, { symptom }: Cluster): string => {
  const [most] = insideOf(recording, symptom.call);
  if (most === undefined || most.total_ns < WORTH_MENTIONING * symptom.call.duration_ns) return '';
  // That a runtime call is made of the driver call of the same purpose says nothing.
  if (most.count === 1 && most.role === symptom.call.role) return '';
  return ` Of it, ${durationText(most.total_ns)} passed inside ${countText(most.count, `${most.op} call`)}.`;
};

/** What others than the named culprit had of the same kind of time, when it is much. */
const sameKind = ({ symptom }: Cluster, root: Culprit, share: number): string => {
  const { parts } = symptom.walk;
  const all = (timeByKind(parts).get(root.kind) ?? 0) / symptom.call.duration_ns;
  if (all - share < SAME_KIND) return '';
  const [next, ...rest] = parts.filter((part) => part.kind === root.kind && part !== symptom.part && part.pid !== 0);
  if (root.kind !== 'runnable' || next === undefined) return `, and ${shareText(all - share)} more went the same way`;
  return `, and for ${shareText(all - share)} more by ${rest.length === 0 ? processText(next) : 'others'}`;
};

/** Where most of the calls come from, when the longest of them does not. */
const mostlyFrom = ({ mostly }: ClusterCode): string =>
  mostly === undefined
    ? ''
    : ` Of ${mostly.known} calls with a stack ${mostly.count} come from ${codeText(mostly.code)}.`;

/** The summary of a chain of slow calls; `root` with its words final, `share` of the call from 0 to 1. */
export const summaryOf = (
  recording: Recording,
  cluster: Cluster,
  root: Culprit,
  share: number,
  from: ClusterCode,
): string => {
  const { symptom, count, total_ns } = cluster;
  const { call, slow } = symptom;
  const usual = slow.reason === 'above' && slow.baseline.of !== 'none' ? slow.baseline.usual_ns : undefined;
  const called = from.code === undefined ? call.op : `${call.op}, called from ${codeText(from.code)},`;
  const took = `${called} took ${lengthText(call.duration_ns, usual, count, total_ns)}`;
  const remark =
    slow.reason === 'asked' ? ', which is usual for it' : slow.reason === 'always' ? ', as it usually does here' : '';
  const whole =
    root.kind === 'on_cpu' && !root.what.includes('CPU sample')
      ? ': which code that was, this recording does not tell'
      : '';
  const cause = wayText(root, symptom.part.path, call);
  return `${took}${remark}: ${partText(share)} ${cause}${sameKind(cluster, root, share)}${whole}.${inside(recording, cluster)}${mostlyFrom(from)}`;
};
