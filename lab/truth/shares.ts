// Where a thread's time went, from the actors' own clocks: each step's CPU time and delay, and for what it waited through
// whom, followed to the end. The yardstick for an answer's breakdown; shares no code with the engine.
import type { RootKind } from '../../src/catalogue/root-kinds.ts';
import type { Step, TruthLog } from './log.ts';
import { stepKinds } from './step-kinds.ts';

export type Times = ReadonlyMap<RootKind, number>;
type Sums = Map<RootKind, number>;
/** In ns since the recording began. */
export type Stretch = { readonly from: number; readonly to: number };

/** Hops from one thread to the next that are followed. */
const MOST_HOPS = 6;
/** What clocks may differ by in one step, in ns. */
const STOPPED = 20e6;
/** Of Linux on x86 and Arm. */
const SIGSTOP = 19;
/** Between two steps an actor only reads its clocks and writes its log, in ns: more than that it was without a CPU. */
const BOOKKEEPING = 200e3;

const add = (sums: Sums, kind: RootKind, ns: number) => {
  if (ns > 0) sums.set(kind, (sums.get(kind) ?? 0) + ns);
};

const overlap = (a: Stretch, b: Stretch): number => Math.min(a.to, b.to) - Math.max(a.from, b.from);

/** When a process was stopped by a signal: scripts send SIGSTOP and SIGCONT to a process by its number in the play. */
const stopsOf = ({ actors, steps }: TruthLog, tid: number): readonly Stretch[] => {
  const victim = actors.find((actor) => actor.tid === tid);
  const pids = [...new Set(actors.map(({ pid }) => pid))];
  return [...steps.values()].flatMap((of) => {
    const sent = of.filter(({ act, numbers }) => act === 'signal' && pids[numbers[0]] === victim?.pid);
    return sent.flatMap(({ numbers, end }, i) =>
      numbers[1] === SIGSTOP ? [{ from: end, to: sent[i + 1]?.start ?? end }] : [],
    );
  });
};

type Held = Stretch & { readonly tid: number };

/** When each lock of a process was held, and by which thread. */
const heldBy = ({ actors, steps }: TruthLog, pid: number, lock: number): readonly Held[] =>
  actors
    .filter((actor) => actor.pid === pid)
    .flatMap(({ tid }) => {
      const of = (steps.get(tid) ?? []).filter(
        ({ act, numbers }) => (act === 'lock' || act === 'unlock') && numbers[0] === lock,
      );
      return of.flatMap((step, i) => {
        const next = of[i + 1];
        return step.act === 'lock' && next?.act === 'unlock' ? [{ tid, from: step.end, to: next.start }] : [];
      });
    });

/** The step that let this one go: of others on the same channel the last one that began before this one ended. */
const letGoBy = ({ steps }: TruthLog, step: Step, by: string): Step | undefined => {
  let best: Step | undefined;
  for (const [tid, of] of steps) {
    if (tid === step.tid) continue;
    for (const other of of) {
      if (other.act !== by || other.numbers[0] !== step.numbers[0] || other.start > step.end) continue;
      if (best === undefined || other.start > best.start) best = other;
    }
  }
  return best;
};

/**
 * Times by kind of a thread in a stretch, in ns; they add up to the stretch. `delay` is what time without a CPU was for
 * a process: behind others, or out of quota. `ends`: steps whose wait is what it is, whatever the other side does meanwhile.
 */
export const truthTimes = (
  log: TruthLog,
  tid: number,
  stretch: Stretch,
  delayOf: (tid: number) => RootKind,
  ends: ReadonlySet<string> = new Set(),
  hops = MOST_HOPS,
): Times => {
  const sums: Sums = new Map();
  const addScaled = (times: Times, to: number) => {
    const total = [...times.values()].reduce((sum, ns) => sum + ns, 0);
    if (total > 0) for (const [kind, ns] of times) add(sums, kind, (ns / total) * to);
  };
  const pid = log.actors.find((actor) => actor.tid === tid)?.pid ?? 0;
  const stops = stopsOf(log, tid);
  let known = 0;
  let last: number | undefined;
  for (const step of log.steps.get(tid) ?? []) {
    const between = last === undefined ? 0 : overlap({ from: last, to: step.start }, stretch);
    if (last !== undefined && step.start - last > BOOKKEEPING && between > 0) {
      known += between;
      add(sums, delayOf(tid), between);
    }
    last = step.end;
    const whole = { from: step.start, to: step.end };
    const part = overlap(whole, stretch);
    if (part <= 0) continue;
    known += part;
    const scale = part / (step.end - step.start);
    const rule = stepKinds[step.act];
    add(sums, delayOf(tid), step.delay * scale);
    const rest = part - step.delay * scale;
    if (rule === undefined) {
      // A step that only computes does not wait: time in which it did neither run nor want to, it was stopped.
      const idle = step.end - step.start - step.cpu - step.delay;
      const away = idle > STOPPED ? idle * scale : 0;
      add(sums, 'signal', away);
      add(sums, 'on_cpu', rest - away);
      continue;
    }
    const cpu = Math.min(rest, step.cpu * scale);
    add(sums, rule.spins ? rule.kind : 'on_cpu', cpu);
    const clipped = { from: Math.max(step.start, stretch.from), to: Math.min(step.end, stretch.to) };
    // Whatever it waited for, while it was stopped it could not go on.
    const stopped = stops.reduce((sum, stop) => sum + Math.max(0, overlap(stop, clipped)), 0);
    const halted = stopped > STOPPED ? Math.min(rest - cpu, stopped) : 0;
    add(sums, 'signal', halted);
    const blocked = rest - cpu - halted;
    const follow = (other: number, where: Stretch, ns: number) =>
      addScaled(truthTimes(log, other, where, delayOf, ends, hops - 1), ns);
    if (step.act === 'child') {
      const [burnt, slept] = step.numbers;
      addScaled(
        new Map<RootKind, number>([
          ['on_cpu', burnt],
          ['sleep', slept],
        ]),
        blocked,
      );
    } else if (hops === 0 || rule.by === undefined || ends.has(step.act)) add(sums, rule.kind, blocked);
    else if (step.act === 'lock') {
      const holders = heldBy(log, pid, step.numbers[0]).filter(
        (held) => held.tid !== tid && overlap(held, clipped) > 0,
      );
      const held = holders.reduce((sum, one) => sum + overlap(one, clipped), 0);
      if (held === 0) add(sums, rule.kind, blocked);
      for (const one of holders) {
        const where = { from: Math.max(one.from, clipped.from), to: Math.min(one.to, clipped.to) };
        follow(one.tid, where, (blocked * overlap(one, clipped)) / held);
      }
    } else {
      const other = letGoBy(log, step, rule.by);
      // What the other one did once it had let go was not waited for.
      const to = other === undefined || other.end <= clipped.from ? clipped.to : Math.min(clipped.to, other.end);
      if (other === undefined) add(sums, rule.kind, blocked);
      else follow(other.tid, { from: clipped.from, to }, blocked);
    }
  }
  add(sums, 'on_cpu', stretch.to - stretch.from - known);
  return sums;
};

/** How much more, or less, of a stretch may have been without a CPU and not on one than `truthTimes` says, in ns. */
export type Slack = { readonly more: number; readonly less: number };

/**
 * What the log leaves open: of a step that lies in a stretch in part it tells the time without a CPU of all of it, and not where in
 * it that was. Only of steps that do not wait: there what is not one is the other.
 */
export const slackIn = ({ steps }: TruthLog, tid: number, stretch: Stretch): Slack => {
  const slack = { more: 0, less: 0 };
  for (const step of steps.get(tid) ?? []) {
    const length = step.end - step.start;
    const part = overlap({ from: step.start, to: step.end }, stretch);
    if (part <= 0 || part >= length || stepKinds[step.act] !== undefined) continue;
    const said = (step.delay * part) / length;
    slack.more += Math.min(step.delay, part) - said;
    slack.less += said - Math.max(0, step.delay - (length - part));
  }
  return slack;
};
