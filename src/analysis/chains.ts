// Answers why calls were slow: picks the calls, explains each, puts like ones together and ranks them. Pure: the same
// recording and filter give the same answer.
import type { LossRow, Recording, Window } from '../store/recording.ts';
import type { Chain, ChainsAnswer, ChainsFilter } from './chain.ts';
import { chainOfSlowCalls } from './chain-of-slow-calls.ts';
import { type Cluster, clustersOf, worthSaying } from './cluster.ts';
import { explainCall } from './explain-call.ts';
import { sumLosses } from './losses.ts';
import { chainOfFailures, failuresOf } from './symptoms/failure.ts';
import { KEPT_USUAL, type SlowCallFilter, type SlowCalls, slowCalls } from './symptoms/slow-call.ts';
import { type Typical, typicalOf } from './typical.ts';

/** Calls that are explained for one answer: each costs a few reads. */
const MOST_CALLS = 256;
/** Less sure than this is no explanation. */
const SURE = 0.5;
/** Losses that mean calls without rows. */
const LOST_CALLS: ReadonlySet<string> = new Set([
  'ring_full_call',
  'thread_table_full',
  'total_table_full',
  'disk_full',
]);

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
  const deepest = kinds.reduce((most, { calls }) => Math.max(most, calls.length), 0);
  const turns = Array.from({ length: deepest }, (_, turn) => turn).flatMap((turn) =>
    kinds.flatMap((slow) => {
      const call = slow.calls[turn];
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
  if (chains.length === 0) return lost >= calls ? 'insufficient_evidence' : 'healthy';
  if (asked) return 'healthy';
  return chains.some(({ confidence }) => confidence >= SURE) ? 'explained' : 'insufficient_evidence';
};

const lostCalls = (losses: readonly LossRow[]): number =>
  losses.reduce((sum, { reason, count }) => sum + (LOST_CALLS.has(reason) ? count : 0), 0);

/**
 * The causal chains of slow and failed calls, those that explain most time first. With a filter that names calls (process,
 * operation, window or least duration) and nothing slow among them, the longest are explained as the usual ones they are.
 * Without one, causes that took next to no time are left out.
 */
export const causalChains = (recording: Recording, filter: ChainsFilter): ChainsAnswer => {
  const window = windowOf(recording, filter.window);
  const narrow: SlowCallFilter = { window, pid: filter.pid, op: filter.op, minDuration: filter.minDuration };
  const losses = sumLosses(recording.losses(window)).map(({ doc: _, ...loss }) => loss);
  const calls = callsIn(recording, narrow, filter.window === undefined);
  if (calls === 0) return { chains: [], verdict: 'insufficient_evidence', losses, window };
  const { slow, usual } = slowCalls(recording, narrow);
  const unusual = explain(recording, slow);
  const failures = failuresOf(recording, narrow);
  const named = [filter.pid, filter.op, filter.window, filter.minDuration].some((given) => given !== undefined);
  // An answer without chains would read as healthy.
  const top = Math.max(1, filter.top);
  const asked = named && unusual.length === 0 && failures.length === 0;
  const said = named ? unusual : worthSaying(unusual, window);
  // Calls that are no exception when looked at closely are asked for like the others.
  const like = slow.map((one): SlowCalls => ({ ...one, reason: 'asked', calls: one.calls.slice(0, KEPT_USUAL) }));
  const clusters = asked ? explain(recording, [...usual, ...like]) : said;
  const slowChains = clusters
    .slice(0, top)
    .map((cluster, index) => chainOfSlowCalls(recording, cluster, `c${index + 1}`));
  const failed = failures
    .slice(0, Math.max(0, top - slowChains.length))
    .map((sum, index) => chainOfFailures(recording, sum, `c${slowChains.length + index + 1}`))
    .filter((chain) => chain !== undefined);
  const chains = [...slowChains, ...failed];
  // Calls of an operation that was asked for by name are explained, usual or not; of a process or window they are healthy.
  const asUsual = asked && filter.op === undefined && filter.minDuration === undefined;
  return { chains, verdict: verdictOf(chains, calls, lostCalls(losses), asUsual), losses, window };
};
