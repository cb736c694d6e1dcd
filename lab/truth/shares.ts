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

const add = (sums: Sums, kind: RootKind, ns: number) => {
  if (ns > 0) sums.set(kind, (sums.get(kind) ?? 0) + ns);
};

const overlap = (a: Stretch, b: Stretch): number => Math.min(a.to, b.to) - Math.max(a.from, b.from);

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

/** The thread whose step let this one go: of its steps on the same channel the last one that began before this one ended. */
const letGoBy = ({ steps }: TruthLog, step: Step, by: string): number | undefined => {
  let best: Step | undefined;
  for (const [tid, of] of steps) {
    if (tid === step.tid) continue;
    for (const other of of) {
      if (other.act !== by || other.numbers[0] !== step.numbers[0] || other.start > step.end) continue;
      if (best === undefined || other.start > best.start) best = other;
    }
  }
  return best?.tid;
};

/**
 * Times by kind of a thread in a stretch, in ns; they add up to the stretch. `delay` is what time without a CPU was for
 * a process: behind others, or out of quota.
 */
export const truthTimes = (
  log: TruthLog,
  tid: number,
  stretch: Stretch,
  delayOf: (tid: number) => RootKind,
  hops = MOST_HOPS,
): Times => {
  const sums: Sums = new Map();
  const addScaled = (times: Times, to: number) => {
    const total = [...times.values()].reduce((sum, ns) => sum + ns, 0);
    if (total > 0) for (const [kind, ns] of times) add(sums, kind, (ns / total) * to);
  };
  const pid = log.actors.find((actor) => actor.tid === tid)?.pid ?? 0;
  let inSteps = 0;
  for (const step of log.steps.get(tid) ?? []) {
    const whole = { from: step.start, to: step.end };
    const part = overlap(whole, stretch);
    if (part <= 0) continue;
    inSteps += part;
    const scale = part / (step.end - step.start);
    const rule = stepKinds[step.act];
    add(sums, delayOf(tid), step.delay * scale);
    const rest = part - step.delay * scale;
    if (rule === undefined) {
      // A step that only computes does not wait: time in which it did neither run nor want to, it was stopped.
      const stopped = step.end - step.start - step.cpu - step.delay;
      const away = stopped > STOPPED ? stopped * scale : 0;
      add(sums, 'signal', away);
      add(sums, 'on_cpu', rest - away);
      continue;
    }
    const cpu = Math.min(rest, step.cpu * scale);
    add(sums, 'on_cpu', cpu);
    const blocked = rest - cpu;
    const clipped = { from: Math.max(step.start, stretch.from), to: Math.min(step.end, stretch.to) };
    const follow = (other: number, where: Stretch, ns: number) =>
      addScaled(truthTimes(log, other, where, delayOf, hops - 1), ns);
    if (step.act === 'child') {
      const [burnt, slept] = step.numbers;
      addScaled(
        new Map<RootKind, number>([
          ['on_cpu', burnt],
          ['sleep', slept],
        ]),
        blocked,
      );
    } else if (hops === 0 || rule.by === undefined) add(sums, rule.kind, blocked);
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
      if (other === undefined) add(sums, rule.kind, blocked);
      else follow(other, clipped, blocked);
    }
  }
  add(sums, 'on_cpu', stretch.to - stretch.from - inSteps);
  return sums;
};
