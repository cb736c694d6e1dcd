// What was checked against an explanation, with the numbers that were found. Never empty: a check that passed is said, too.
import { bytesText, countText, durationText } from '../../base/units.ts';
import type { RootKind } from '../../catalogue/root-kinds.ts';
import type { Recording } from '../../store/recording.ts';
import type { Cluster } from '../cluster.ts';
import { timeByKind } from '../shares.ts';

/** Earlier calls are counted no further than this. */
const MOST_EARLIER = 200;
const NOT_BLOCKED: ReadonlySet<RootKind> = new Set(['on_cpu', 'runnable', 'throttled', 'observer', 'gpu_wait']);

const firstCallCheck = (recording: Recording, { symptom }: Cluster): string => {
  const earlier = recording.earlierCalls(symptom.call, MOST_EARLIER);
  if (earlier === undefined) return 'first call: not known, the first rows of its process have gone';
  const of = symptom.call.fn === null ? '' : ' of this function';
  if (earlier === 0) return `first call: nothing earlier${of} was recorded`;
  return `first call: no, ${countText(earlier, 'earlier call')}${of}${earlier === MOST_EARLIER ? ' or more' : ''}`;
};

/** How the line begins that names the kinds of time which a call has none of. */
export const ABSENT = 'none of it:';

/** Kinds of time that are looked for in every call; what there is of them stands in the breakdown. */
const timeCheck = ({ symptom }: Cluster): readonly string[] => {
  const times = timeByKind(symptom.walk.parts);
  const blocked = [...times].some(([kind, ns]) => !NOT_BLOCKED.has(kind) && ns > 0);
  const none = [
    ...(times.has('runnable') ? [] : ['waiting for a CPU']),
    ...(times.has('throttled') ? [] : ['CPU quota']),
    ...(blocked ? [] : ['blocked']),
    ...(times.has('observer') ? [] : ['whytrace itself']),
  ];
  return none.length === 0 || symptom.walk.closure === 0 ? [] : [`${ABSENT} ${none.join(', ')}`];
};

const baselineCheck = ({ symptom }: Cluster): string => {
  const { baseline, kind } = symptom.slow;
  const calls = [
    countText(baseline.calls, 'call'),
    ...(kind.fn === null ? [] : ['of this function']),
    ...(kind.bytes === null ? [] : [`of about ${bytesText(symptom.call.bytes ?? 0)}`]),
  ].join(' ');
  switch (baseline.of) {
    case 'none':
      return `usual time: not known, only ${countText(baseline.calls, 'call')} of it`;
    case 'siblings':
      return `usual time: ${baseline.at === 'median' ? 'median' : `lower ${baseline.at}`} of ${calls}`;
    case 'op':
      return `usual time: median of all ${countText(baseline.calls, 'call')} of it, whatever their size or function`;
  }
};

/** Whether the cause is there in calls of the usual length, too. */
const typicalCheck = ({ symptom }: Cluster): string => {
  const { typical, slow, root, part } = symptom;
  if (slow.reason !== 'above' || typical.calls === 0 || root.kind === 'first_call') return '';
  const took = typical.timeOf(part);
  return `, ${took === 0 ? 'none' : durationText(took)} of this in ${typical.calls} of them`;
};

/** The checks of a chain, in short lines. */
export const counterEvidenceOf = (
  recording: Recording,
  cluster: Cluster,
  doubts: readonly string[],
): readonly string[] => {
  const { slow, root } = cluster.symptom;
  const looked = slow.calls.length + (slow.others?.length ?? 0);
  return [
    baselineCheck(cluster) + typicalCheck(cluster),
    ...(root.kind === 'first_call' ? [] : [firstCallCheck(recording, cluster)]),
    ...timeCheck(cluster),
    ...(slow.count > looked
      ? [
          `looked at: ${looked} of ${slow.isEstimate === true ? 'about ' : ''}${slow.count} slow calls, the longest and some of all`,
        ]
      : []),
    ...doubts,
  ];
};
