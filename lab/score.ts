// Holds an answer against the truth of an incident. Pure: plain values in, plain values out.
import type { RootKind } from '../src/catalogue/root-kinds.ts';
import type { Answered, Claim } from './answer.ts';
import type { Actor } from './truth/log.ts';
import type { Slack } from './truth/shares.ts';

/** The truth, once the play is over: ids are known only then. */
export type Truth = {
  readonly kinds: readonly RootKind[];
  readonly victim: Actor;
  /** Threads of which one is the culprit. */
  readonly culprits: readonly Actor[];
  /** What names the culprit where it is no thread. */
  readonly what: RegExp | undefined;
  readonly path: readonly RootKind[];
};

export type Score = {
  readonly top1: boolean;
  readonly top3: boolean;
  /** Part of the truth's edges that stand in the first right chain in their order, 0 to 1. */
  readonly path: number;
  /** Total variation between the shares by kind of answer and truth, 0 to 1; 1 where there is no answer about the victim. */
  readonly attribution: number;
  readonly closure: number;
  /** Squared distance between the first answer's confidence and whether it is right. */
  readonly brier: number | undefined;
};

/** A confidence from which on an answer counts as a claim. */
export const CLAIMED = 0.5;

const isCulprit = (claim: Claim, { pid, tid, name, process }: Actor, victim: Actor): boolean => {
  // In the victim's own process it must be the thread, in another one the process will do.
  if (pid === victim.pid) return claim.tid === tid;
  return claim.pid === pid || (claim.pid !== victim.pid && (claim.comm === name || claim.comm === process));
};

/** Whether class and culprit of a claim are right. */
export const isRight = (claim: Claim, { kinds, culprits, what, victim }: Truth): boolean =>
  kinds.includes(claim.kind) &&
  (culprits.some((culprit) => isCulprit(claim, culprit, victim)) || (what?.test(claim.what) ?? false));

/** Part of the wanted edges found in their order. */
export const pathScore = (found: readonly RootKind[], wanted: readonly RootKind[]): number => {
  let at = 0;
  for (const kind of found) if (kind === wanted[at]) at++;
  return wanted.length === 0 ? 1 : at / wanted.length;
};

const sharesOf = (times: Iterable<readonly [RootKind, number]>): ReadonlyMap<RootKind, number> => {
  const sums = new Map<RootKind, number>();
  let total = 0;
  for (const [kind, ns] of times) {
    sums.set(kind, (sums.get(kind) ?? 0) + ns);
    total += ns;
  }
  return new Map([...sums].map(([kind, ns]) => [kind, total > 0 ? ns / total : 0]));
};

/** Half of the sum of all differences between the shares of two lists of times by kind, 0 to 1. */
export const totalVariation = (
  a: Iterable<readonly [RootKind, number]>,
  b: Iterable<readonly [RootKind, number]>,
): number => {
  const [left, right] = [sharesOf(a), sharesOf(b)];
  if (left.size === 0 || right.size === 0) return 1;
  const kinds = new Set([...left.keys(), ...right.keys()]);
  return [...kinds].reduce((sum, kind) => sum + Math.abs((left.get(kind) ?? 0) - (right.get(kind) ?? 0)), 0) / 2;
};

/**
 * Behind the recorder is behind another task, and so is time out of quota as far as a program's own clocks tell: they count
 * what it was without a CPU. Which of them it was the class of the root must say.
 */
const WITHOUT_CPU: ReadonlySet<RootKind> = new Set(['observer', 'throttled']);
const asClocksTell = (kind: RootKind): RootKind => (WITHOUT_CPU.has(kind) ? 'runnable' : kind);

type Time = readonly [RootKind, number];

/** The times of the log, with as much moved between a CPU and none as it leaves open and the answer says. */
const nearestTo = (answer: readonly Time[], times: readonly Time[], { more, less }: Slack): readonly Time[] => {
  const total = times.reduce((sum, [, ns]) => sum + ns, 0);
  const [said, logged] = [sharesOf(answer).get('runnable') ?? 0, sharesOf(times).get('runnable') ?? 0];
  const moved = Math.min(more, Math.max(-less, (said - logged) * total));
  return [...times, ['runnable', moved], ['on_cpu', -moved]];
};

/** `timesOf` gives the true times by kind of the victim in what a chain is about, `slackOf` what its log leaves open. */
export const scoreOf = (
  chains: readonly Answered[],
  truth: Truth,
  timesOf: (chain: Answered) => Iterable<Time>,
  slackOf: (chain: Answered) => Slack = () => ({ more: 0, less: 0 }),
): Score => {
  const right = chains.slice(0, 3).find((chain) => isRight(chain, truth));
  const [first] = chains;
  const top1 = first !== undefined && first === right;
  // A wrong first answer attributes too: what it says of the victim's time is held against the truth.
  const scored = right ?? chains.find(({ symptom }) => symptom.tid === truth.victim.tid);
  const asClocks = (times: Iterable<Time>): readonly Time[] =>
    [...times].map(([kind, ns]) => [asClocksTell(kind), ns] as const);
  const breakdown = asClocks(scored?.breakdown.map(({ kind, duration_ns }) => [kind, duration_ns] as const) ?? []);
  return {
    top1,
    top3: right !== undefined,
    path: right === undefined ? 0 : pathScore(right.path, truth.path),
    attribution:
      scored === undefined || scored.symptom.tid !== truth.victim.tid
        ? 1
        : totalVariation(breakdown, nearestTo(breakdown, asClocks(timesOf(scored)), slackOf(scored))),
    closure: scored?.closure ?? 0,
    brier: first === undefined ? undefined : (first.confidence - (top1 ? 1 : 0)) ** 2,
  };
};

/** Claims about a program that nothing is wrong with. */
export const falseClaims = <C extends Claim>(claims: readonly C[]): readonly C[] =>
  claims.filter(({ confidence }) => confidence >= CLAIMED);
