// Answers why calls were slow: picks the calls, explains each, puts like ones together and ranks them. Pure: the same
// recording and filter give the same answer.
import { durationText } from '../base/units.ts';
import type { LossRow, Recording, Window } from '../store/recording.ts';
import type { Chain, ChainsAnswer, ChainsFilter } from './chain.ts';
import { chainOfSlowCalls } from './chain-of-slow-calls.ts';
import { type Candidate, chainsOfStretches } from './chain-of-stretches.ts';
import { type Cluster, clustersOf, worthSaying } from './cluster.ts';
import { explainCall } from './explain-call.ts';
import { type Finding, furtherFindings } from './findings.ts';
import { isInside, sumLosses } from './losses.ts';
import { chainOfFailures, failuresOf, notLookedFor } from './symptoms/failure.ts';
import { KEPT_USUAL, type SlowCallFilter, type SlowCalls, slowCalls } from './symptoms/slow-call.ts';
import { timeOf } from './symptoms/stall.ts';
import { starvedBy, starvedInLulls } from './symptoms/starved.ts';
import { type Typical, typicalOf } from './typical.ts';

/** Calls that are explained for one answer: each costs a few reads. */
const MOST_CALLS = 256;
/** Less sure than this is no explanation. */
const SURE = 0.5;
/** Losses that mean calls without rows. */
const LOST_CALLS: ReadonlySet<string> = new Set(['ring_full_call', 'thread_table_full', 'total_table_full']);

/** Losses that mean a recording in which calls without rows are the rule: what it does not hold may have been there. */
const SAMPLED: ReadonlySet<string> = new Set(['call_sampled', 'row_missing', 'total_missing']);

const windowOf = (recording: Recording, wanted: Window | undefined): Window => {
  if (wanted === undefined) return recording.window;
  const start_ns = Math.max(recording.window.start_ns, wanted.start_ns);
  return { start_ns, end_ns: Math.max(start_ns, Math.min(recording.window.end_ns, wanted.end_ns)) };
};

/** Calls in the filter's reach, counted as far as the totals can: with a window only whether there is any. */
const callsIn = (recording: Recording, { window, pid, op }: SlowCallFilter, whole: boolean): number => {
  const totals = recording
    .totals()
    .filter((total) => (pid === undefined || total.pid === pid) && (op === undefined || total.op === op));
  const count = totals.reduce((sum, total) => sum + total.count, 0);
  if (whole || count === 0) return count;
  const filter = { window, limit: 1, ...(pid === undefined ? {} : { pid }), ...(op === undefined ? {} : { op }) };
  return recording.slowestCalls(filter).length;
};

const explain = (recording: Recording, kinds: readonly SlowCalls[]): readonly Cluster[] => {
  // One call of each kind before the next of any, so that a common kind does not crowd out a rare one.
  const looked = kinds.map((slow) => ({ slow, calls: [...slow.calls, ...(slow.others ?? [])] }));
  const deepest = looked.reduce((most, { calls }) => Math.max(most, calls.length), 0);
  const turns = Array.from({ length: deepest }, (_, turn) => turn).flatMap((turn) =>
    looked.flatMap(({ slow, calls }) => {
      const call = calls[turn];
      return call === undefined ? [] : [{ slow, id: call.id }];
    }),
  );
  const typicals = new Map<SlowCalls, Typical>();
  const typicalCalls = (slow: SlowCalls): Typical => {
    const typical = typicals.get(slow) ?? typicalOf(recording, slow);
    typicals.set(slow, typical);
    return typical;
  };
  return clustersOf(
    turns
      .slice(0, MOST_CALLS)
      .map(({ id, slow }) => explainCall(recording, id, slow, typicalCalls(slow)))
      .filter((one) => one !== undefined),
  );
};

const verdictOf = (chains: readonly Chain[], calls: number, lost: number, asked: boolean): ChainsAnswer['verdict'] => {
  if (calls === 0) return 'insufficient_evidence';
  // What the recorder took is no fault of the program.
  if (chains.every(({ root }) => root.kind === 'observer')) return lost >= calls ? 'insufficient_evidence' : 'healthy';
  if (asked) return 'healthy';
  return chains.some(({ confidence }) => confidence >= SURE) ? 'explained' : 'insufficient_evidence';
};

const lostCalls = (losses: readonly LossRow[]): number =>
  losses.reduce((sum, { reason, count }) => sum + (LOST_CALLS.has(reason) ? count : 0), 0);

/** Of programs that make no calls: where the time of their main threads went. */
const chainsOfTime = (
  recording: Recording,
  filter: ChainsFilter,
  window: Window,
  losses: ChainsAnswer['losses'],
): ChainsAnswer => {
  const asked = filter.op !== undefined || filter.minDuration !== undefined;
  // A process that makes calls at other times, or is not there: about its calls nothing can be said.
  const hasCalls = recording.totals().some(({ pid }) => filter.pid === undefined || pid === filter.pid);
  const threads = asked || hasCalls ? [] : timeOf(recording, window, filter.pid);
  const found = threads.flatMap((thread) => chainsOfStretches(recording, thread));
  const top = Math.max(1, filter.top);
  const said = inOrder(found, top);
  const further = asked ? [] : furtherFindings(recording, window, filter.pid, said);
  const chains = withFurther(said, further, top);
  const isKnown = threads.length > 0 && !losses.some((loss) => isInside(loss, window));
  const nothing = isKnown ? 'healthy' : 'insufficient_evidence';
  const verdict = chains.length === 0 ? nothing : verdictOf(chains, 1, 0, false);
  return { chains, verdict, losses, window, ...observerOf(found) };
};

/** What ended a process, then chains, then further ones for which there is room. */
const withFurther = (said: readonly Chain[], further: readonly Finding[], top: number): readonly Chain[] =>
  [
    ...further.filter(({ isFatal }) => isFatal === true).map(({ chain }) => chain),
    ...said.map((chain) => (id: string) => ({ ...chain, id })),
    ...further.filter(({ isFatal }) => isFatal !== true).map(({ chain }) => chain),
  ]
    .slice(0, top)
    .map((chain, i) => chain(`c${i + 1}`));

/** Most time first; of what the recorder itself took only the most, after all causes. What is as it should be is left out. */
const inOrder = (candidates: readonly Candidate[], top: number): readonly Chain[] => {
  const sorted = candidates.toSorted((a, b) => b.explained_ns - a.explained_ns);
  return [
    ...sorted.filter(({ fault }) => fault === 'theirs'),
    ...sorted.filter(({ fault }) => fault === 'ours').slice(0, 1),
  ]
    .slice(0, top)
    .map(({ chain }, i) => chain(`c${i + 1}`));
};

/** Says what the recorder's own load took of all that was looked at. */
const observerOf = (candidates: readonly Candidate[]): { readonly observer?: string } => {
  const ours = candidates.filter(({ fault }) => fault === 'ours');
  if (ours.length === 0) return {};
  const took = ours.reduce((sum, { explained_ns }) => sum + explained_ns, 0);
  return { observer: `whytrace's own load took ${durationText(took)} of this: no fault of the program` };
};

/** What left the device without work: all the time, and in times that stand out but are too short to show in all of it. */
const gapChains = (recording: Recording, window: Window, pid: number | undefined): readonly Candidate[] => {
  const all = starvedBy(recording, window, pid).flatMap((gaps) => chainsOfStretches(recording, gaps));
  const known = new Set(all.map(({ key }) => key));
  const further = starvedInLulls(recording, window, pid).flatMap((gaps) => chainsOfStretches(recording, gaps));
  return [...all, ...further.filter(({ key }) => !known.has(key))];
};

/** What of very many calls was not looked at; their operations are named as the catalogue has them. */
const notesOf = (isPart: boolean, unsought: readonly string[]): Pick<ChainsAnswer, 'notes'> => {
  const notes = [
    ...(isPart
      ? [
          'too many calls to read all: the longest of each operation and some that lie evenly were read; numbers of slow calls are estimates, and rare slow ones may be missing',
        ]
      : []),
    ...(unsought.length === 0 ? [] : [`too many calls to look for failures of ${unsought.join(', ')}`]),
  ];
  return notes.length === 0 ? {} : { notes };
};

/**
 * The causal chains of slow and failed calls and of gaps between calls, those that explain most time first. With a filter that names calls (process,
 * operation, window or least duration) and nothing slow among them, the longest are explained as the usual ones they are.
 * Without one, causes that took next to no time are left out.
 */
export const causalChains = (recording: Recording, filter: ChainsFilter): ChainsAnswer => {
  const window = windowOf(recording, filter.window);
  const narrow: SlowCallFilter = { window, pid: filter.pid, op: filter.op, minDuration: filter.minDuration };
  const losses = sumLosses(recording.losses(window)).map(({ doc: _, ...loss }) => loss);
  const calls = callsIn(recording, narrow, filter.window === undefined);
  if (calls === 0) return chainsOfTime(recording, filter, window, losses);
  const { slow, usual, isPart } = slowCalls(recording, narrow);
  const unusual = explain(recording, slow);
  const failures = failuresOf(recording, narrow);
  const notes = notesOf(isPart, notLookedFor(recording, narrow));
  const named = [filter.pid, filter.op, filter.window, filter.minDuration].some((given) => given !== undefined);
  // An answer without chains would read as healthy.
  const top = Math.max(1, filter.top);
  const asked = named && unusual.length === 0 && failures.length === 0;
  const worth = named ? unusual : worthSaying(unusual, window);
  // Calls that are no exception when looked at closely are asked for like the others.
  const like = slow.map(
    (one): SlowCalls => ({ ...one, reason: 'asked', calls: one.calls.slice(0, KEPT_USUAL), others: [] }),
  );
  const clusters = asked ? explain(recording, [...usual, ...like]) : worth;
  const isWide = filter.op === undefined && filter.minDuration === undefined;
  const gaps = isWide ? gapChains(recording, window, filter.pid) : [];
  const candidates: readonly Candidate[] = [
    ...(asked && gaps.length > 0 ? [] : clusters).map((cluster) => ({
      explained_ns: cluster.rank_ns,
      fault: cluster.symptom.root.kind === 'observer' ? ('ours' as const) : ('theirs' as const),
      chain: (id: string) => chainOfSlowCalls(recording, cluster, id),
    })),
    ...gaps,
  ];
  const slowChains = inOrder(candidates, top);
  const failed = failures
    .slice(0, Math.max(0, top - slowChains.length))
    .map((sum, index) => chainOfFailures(recording, sum, `c${slowChains.length + index + 1}`))
    .filter((chain) => chain !== undefined);
  const said = [...slowChains, ...failed];
  const further = isWide ? furtherFindings(recording, window, filter.pid, said) : [];
  const chains = withFurther(said, further, top);
  const isPartial = !isWide && losses.some(({ reason }) => SAMPLED.has(reason));
  if (chains.length === 0 && isPartial) return { chains, verdict: 'insufficient_evidence', losses, window, ...notes };
  // Calls of an operation that was asked for by name are explained, usual or not; of a process or window they are healthy.
  const asUsual =
    asked && gaps.length === 0 && further.length === 0 && filter.op === undefined && filter.minDuration === undefined;
  return {
    ...{ chains, verdict: verdictOf(chains, calls, lostCalls(losses), asUsual), losses, window },
    ...observerOf(candidates),
    ...notes,
  };
};
