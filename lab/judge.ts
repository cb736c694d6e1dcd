// Judges one play: puts the truth together from the actors' logs and scores the engine's answer and the baselines' with it.
import { openRecording } from '../src/store/open-recording.ts';
import type { Answered, Claim } from './answer.ts';
import type { Baseline, Rows } from './baselines/baseline.ts';
import { largestOffCpu } from './baselines/largest-off-cpu.ts';
import { switchCount } from './baselines/switch-count.ts';
import type { Incident } from './incident.ts';
import type { Played } from './play.ts';
import { falseClaims, isRight, type Score, scoreOf, type Truth } from './score.ts';
import { deviceLateness } from './truth/device-lateness.ts';
import { type Actor, readTruthLogs, type Step, type TruthLog } from './truth/log.ts';
import { type Slack, type Stretch, slackIn, truthTimes } from './truth/shares.ts';

export const baselines: readonly Baseline[] = [switchCount, largestOffCpu];

export type BaselineScore = { readonly name: string; readonly top1: boolean; readonly top3: boolean };
export type Judged = {
  readonly score: Score;
  readonly baselines: readonly BaselineScore[];
  readonly chains: readonly Answered[];
  readonly tokens: number;
  readonly seconds: number;
  /** True times by kind in the window of the first answer about the victim, in ms; empty without one. */
  readonly truth: Readonly<Record<string, number>>;
};
export type Healthy = {
  readonly claims: readonly Answered[];
  readonly baselines: readonly { readonly name: string; readonly claims: number }[];
  readonly seconds: number;
  /** The longest time that the victim was without a CPU in one step, or that the device was late with its work, in ms: a busy machine is no healthy one. */
  readonly disturbed_ms: number;
};

type Scene = { readonly log: TruthLog; readonly victim: Actor; readonly claims: ReadonlyMap<string, readonly Claim[]> };

const sceneOf = ({ recording, logs }: Played): Scene => {
  const opened = openRecording(recording);
  try {
    const log = readTruthLogs(logs, -Number(opened.facts.get('started_monotonic_ns')));
    const [victim] = log.actors;
    if (victim === undefined) throw new Error('the play left no log');
    const rows: Rows = (query, ...values) => opened.database.prepare(query).all(...values);
    return { log, victim, claims: new Map(baselines.map(({ name, claims }) => [name, claims(rows)])) };
  } finally {
    opened.close();
  }
};

const tokensOf = (chains: readonly Answered[]): number => Math.max(0, ...chains.map(({ tokens }) => tokens));

/** Steps that call the device, and how a call of each begins. */
const deviceCalls: Readonly<Record<string, RegExp>> = {
  gpu: /^$/,
  launch: /^cudaLaunch/,
  launch_new: /^cudaLaunch/,
  sync: /Synchronize$/,
  upload: /^cudaMemcpy/,
  upload_pinned: /^cudaMemcpy/,
  realloc: /^cuda(?:Free|Malloc)/,
};

/** A wait for the device so short against the time since the last one finds it done, and in ns what was given to it just before. */
const FOUND_IDLE = 0.1;
const AT_ONCE = 200e3;

/** Calls before which the device had nothing to do: after a wait for it, or where the next wait was over at once. */
const idleBefore = (calls: readonly Step[]): ReadonlySet<Step> => {
  const idle = new Set<Step>();
  let open: Step[] = [];
  let since = 0;
  for (const [i, call] of calls.entries()) {
    const before = calls[i - 1];
    if (before?.act === 'sync') idle.add(call);
    else if (before !== undefined) {
      open.push(call);
      since += call.start - before.end;
    }
    if (call.act !== 'sync') continue;
    const took = call.end - call.start;
    if (took < FOUND_IDLE * since) for (const one of open) if (one !== call || took < AT_ONCE) idle.add(one);
    open = [];
    since = 0;
  }
  return idle;
};

/**
 * The stretches of time that a chain's breakdown is about: its window, or, where it adds up to more since it stands for
 * many gaps, as many of the longest that the victim's log has between its calls of the device. A chain is called after one
 * operation and may hold gaps before others: it is those before that one, those in which the device had nothing to do, or
 * all, whichever add up to its time.
 */
const stretchesOf = ({ symptom, breakdown }: Answered, steps: readonly Step[]): readonly Stretch[] => {
  const { kind, op, start_ns: from, end_ns: to, count } = symptom;
  const total = breakdown.reduce((sum, { duration_ns }) => sum + duration_ns, 0);
  if (kind === 'slow_call' || total < 1.02 * (to - from)) return [{ from, to }];
  const calls = steps.filter(({ act }) => act in deviceCalls);
  // In a Python program the wait for the interpreter's lock is part of the call as the program sees it.
  if (calls.length === 0)
    return steps
      .map(({ start, end }) => ({ from: start, to: end }))
      .sort((a, b) => b.to - b.from - (a.to - a.from))
      .slice(0, count);
  const longest = (before: (call: Step) => boolean) =>
    calls
      .flatMap((call, i) => (i > 0 && before(call) ? [{ from: calls[i - 1]?.end ?? call.start, to: call.start }] : []))
      .sort((a, b) => b.to - b.from - (a.to - a.from))
      .slice(0, count);
  const missing = (some: readonly Stretch[]) => Math.abs(total - some.reduce((sum, gap) => sum + gap.to - gap.from, 0));
  const idle = idleBefore(calls);
  return (
    [
      longest(({ act }) => deviceCalls[act]?.test(op) ?? false),
      longest((call) => idle.has(call)),
      longest(() => true),
    ].toSorted((a, b) => missing(a) - missing(b))[0] ?? []
  );
};

export const judge = ({ root, path, throttled, ends }: Incident, played: Played): Judged => {
  const { log, victim, claims } = sceneOf(played);
  const names = root.who ?? [];
  const truth: Truth = {
    ...{ kinds: root.kinds, what: root.what, victim, path },
    culprits: [
      ...log.actors.filter(({ name }) => names.includes(name)),
      // A program that is no actor is known by its name alone.
      ...names
        .filter((name) => log.actors.every((actor) => actor.name !== name))
        .map((name) => (name === 'self' ? victim : { name, process: name, pid: -1, tid: -1 })),
    ],
  };
  const timesIn = (from: number, to: number) =>
    truthTimes(log, victim.tid, { from, to }, () => (throttled ? 'throttled' : 'runnable'), new Set(ends));
  const stretches = (chain: Answered) => stretchesOf(chain, log.steps.get(victim.tid) ?? []);
  const timesOf = (chain: Answered) => stretches(chain).flatMap(({ from, to }) => [...timesIn(from, to)]);
  const slackOf = (chain: Answered): Slack => {
    const all = stretches(chain).map((stretch) => slackIn(log, victim.tid, stretch));
    return {
      more: all.reduce((sum, { more }) => sum + more, 0),
      less: all.reduce((sum, { less }) => sum + less, 0),
    };
  };
  const { chains } = played.answer;
  const score = scoreOf(chains, truth, timesOf, slackOf);
  const shown =
    chains.find((chain) => isRight(chain, truth)) ?? chains.find(({ symptom }) => symptom.tid === victim.tid);
  const times = new Map<string, number>();
  for (const [kind, ns] of shown === undefined ? [] : timesOf(shown))
    times.set(kind, (times.get(kind) ?? 0) + ns / 1e6);
  return {
    ...{ score, chains, tokens: tokensOf(chains), seconds: played.seconds },
    baselines: [...claims].map(([name, list]) => {
      const right = list.slice(0, 3).findIndex((claim) => isRight(claim, truth));
      return { name, top1: right === 0, top3: right >= 0 };
    }),
    truth: Object.fromEntries([...times].map(([kind, ms]) => [kind, Math.round(ms * 100) / 100])),
  };
};

export const judgeHealthy = (played: Played): Healthy => {
  const { log, victim, claims } = sceneOf(played);
  const steps = log.steps.get(victim.tid) ?? [];
  const delays = [...steps.map(({ delay }) => delay), deviceLateness(steps, log.kernel_ns)];
  return {
    claims: falseClaims(played.answer.chains),
    baselines: [...claims].map(([name, list]) => ({ name, claims: falseClaims(list).length })),
    seconds: played.seconds,
    disturbed_ms: Math.max(0, ...delays) / 1e6,
  };
};
