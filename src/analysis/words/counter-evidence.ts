// What was checked against an explanation, with the numbers that were found. Never empty: a check that passed is said, too.
import { bytesText, countText, durationText } from '../../base/units.ts';
import type { RootKind } from '../../catalogue/root-kinds.ts';
import type { Recording } from '../../store/recording.ts';
import type { Cluster } from '../cluster.ts';
import { timeByKind } from '../shares.ts';

/** Earlier calls are counted no further than this. */
const MOST_EARLIER = 1000;
const NOT_BLOCKED: ReadonlySet<RootKind> = new Set(['on_cpu', 'runnable', 'throttled', 'observer', 'gpu_wait']);

const firstCallCheck = (recording: Recording, { symptom }: Cluster): string => {
  const earlier = recording.earlierCalls(symptom.call, MOST_EARLIER);
  const of = symptom.call.fn === null ? 'of it in this process' : 'of this function';
  if (earlier === 0) return `first call: nothing earlier ${of} was recorded`;
  return `first call: no, ${countText(earlier, 'earlier call')}${earlier === MOST_EARLIER ? ' or more' : ''} ${of}`;
};

const timeCheck = ({ symptom }: Cluster): string => {
  const times = timeByKind(symptom.walk.parts);
  const time = (kind: RootKind) => durationText(times.get(kind) ?? 0);
  const blocked = [...times].filter(([kind]) => !NOT_BLOCKED.has(kind)).reduce((sum, [, ns]) => sum + ns, 0);
  const all: readonly (readonly [RootKind | 'blocked', string])[] = [
    ['on_cpu', `on a CPU ${time('on_cpu')}`],
    ['runnable', `ready but not running ${time('runnable')}`],
    ['throttled', `CPU quota ${time('throttled')}`],
    ['blocked', `blocked ${durationText(blocked)}`],
    ['observer', `held up by whytrace ${time('observer')}`],
  ];
  const rootIs = NOT_BLOCKED.has(symptom.part.kind) ? symptom.part.kind : 'blocked';
  return `other time in the call: ${all
    .filter(([kind]) => kind !== rootIs)
    .map(([, words]) => words)
    .join(', ')}`;
};

const baselineCheck = ({ symptom }: Cluster): string => {
  const { baseline, kind } = symptom.slow;
  const alike = [
    ...(kind.fn === null ? [] : ['same function']),
    ...(kind.bytes === null ? [] : [`size: ${bytesText(symptom.call.bytes ?? 0)} like them`]),
  ].join(', ');
  switch (baseline.of) {
    case 'none':
      return `usual time: not known, only ${countText(baseline.calls, 'call')} of it`;
    case 'siblings':
      return `usual time: median of ${countText(baseline.calls, 'like call')}${alike === '' ? '' : ` (${alike})`}`;
    case 'op':
      return `usual time: median of all ${countText(baseline.calls, 'call')} of it, whatever their size or function`;
  }
};

const orderCheck = ({ symptom }: Cluster): string =>
  symptom.walk.rows === 0
    ? 'order in time: no other rows of this thread lie within the call'
    : `order in time: all ${countText(symptom.walk.rows, 'evidence row')} overlap the call, none begins after its end`;

/** The checks of a chain, in short lines. */
export const counterEvidenceOf = (
  recording: Recording,
  cluster: Cluster,
  doubts: readonly string[],
): readonly string[] => {
  const { slow, root } = cluster.symptom;
  const unseen = slow.count - slow.calls.length;
  return [
    ...(root.kind === 'first_call' ? [] : [firstCallCheck(recording, cluster)]),
    timeCheck(cluster),
    baselineCheck(cluster),
    orderCheck(cluster),
    ...(unseen > 0 ? [`only the ${slow.calls.length} longest of ${slow.count} slow calls were looked at`] : []),
    ...doubts,
  ];
};
