// The log that actors write of themselves: who played, and each step with its times in ns of CLOCK_MONOTONIC. This is the
// truth of an incident; the engine never sees it. Knows nothing of recordings.
import { readFileSync } from 'node:fs';

export type Actor = { readonly name: string; readonly process: string; readonly pid: number; readonly tid: number };

/** A step as it happened. `numbers` are the first two of its line in the script. */
export type Step = {
  readonly tid: number;
  readonly act: string;
  readonly numbers: readonly [number, number];
  readonly start: number;
  readonly end: number;
  readonly cpu: number;
  /** Ready to run without a CPU, by the scheduler's own count. */
  readonly delay: number;
};

export type TruthLog = {
  readonly actors: readonly Actor[];
  /** Steps of each thread in their order. */
  readonly steps: ReadonlyMap<number, readonly Step[]>;
  /** What a kernel takes on the simulated device of the first log, in ns; 0 where it does not say. */
  readonly kernel_ns: number;
};

type Line = Readonly<Record<string, unknown>>;

const objectOf = (text: string): Line => {
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
};

const numberIn = (line: Line, name: string): number => {
  const value = line[name];
  if (typeof value !== 'number') throw new Error(`${name} is no number in ${JSON.stringify(line)}`);
  return value;
};

/**
 * A thread that sleeps until its time comes is without a CPU after that only. The kernel may count the sleep as well, where it takes
 * a thread from its queue late (kernel/sched/fair.c, sched_delayed).
 */
const delayOf = (act: string, us: number, length: number, counted: number): number =>
  act === 'sleep' ? Math.min(counted, Math.max(0, length - us * 1000)) : counted;

const stepOf = (line: Line): Step => {
  const numbers = Array.isArray(line.n) ? line.n.map(Number) : [];
  const time = (name: string) => numberIn(line, name);
  return {
    tid: time('tid'),
    act: String(line.act),
    numbers: [numbers[0] ?? 0, numbers[1] ?? 0],
    start: time('start'),
    end: time('end'),
    cpu: time('cpu'),
    delay: delayOf(String(line.act), numbers[0] ?? 0, time('end') - time('start'), time('delay')),
  };
};

/** Puts the logs of several plays together; a file that was never written is none. `offset` in ns is added to all times. */
export const readTruthLogs = (files: readonly string[], offset: number): TruthLog => {
  const actors: Actor[] = [];
  const steps = new Map<number, Step[]>();
  let kernel_ns = 0;
  for (const file of files) {
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map(objectOf);
    const processes = new Map<number, string>();
    for (const line of lines) {
      if (line.actor !== undefined) {
        const name = String(line.actor);
        const pid = numberIn(line, 'pid');
        const process = processes.get(pid) ?? name;
        processes.set(pid, process);
        actors.push({ name, process, pid, tid: numberIn(line, 'tid') });
      } else if (line.kernel_us !== undefined) {
        kernel_ns ||= numberIn(line, 'kernel_us') * 1000;
      } else if (line.act !== undefined) {
        const step = stepOf(line);
        const of = steps.get(step.tid) ?? [];
        of.push({ ...step, start: step.start + offset, end: step.end + offset });
        steps.set(step.tid, of);
      }
    }
  }
  for (const of of steps.values()) of.sort((a, b) => a.start - b.start);
  return { actors, steps, kernel_ns };
};
