// The same threads seen by our recorder and by bpftrace at the same time: off-CPU time of each over its whole life.
import { join } from 'node:path';
import { openRecording } from '../src/store/open-recording.ts';
import { number } from '../src/store/row.ts';
import { type Figure, figureOf } from './figure.ts';
import { compile, startChild, victimCpu } from './sched-child.ts';
import { listOf, numberOf, parse } from './sched-json.ts';
import { startBpftrace, startRecorder } from './sched-tracers.ts';

const RUNS = 3;
const SECONDS = 1;

type Life = {
  readonly name: string;
  /** Sums over the thread's life, ns. */
  readonly ours: number;
  readonly theirs: number;
  /** How often it left a CPU. */
  readonly ourTimes: number;
  readonly theirTimes: number;
  /** Switches of it that bpftrace found missing: no tracepoint was hit, so that its sum is not whole. */
  readonly gaps: number;
  /** Life less CPU time, as the thread itself saw it, ns: rough, since it takes no part of a switch into account. */
  readonly own: number;
};

type Run = { readonly lives: readonly Life[]; readonly lost: number };

const watch = async (folder: string, program: string, onCpus: string): Promise<Run> => {
  const path = join(folder, 'agreement.db');
  const switching = startChild(onCpus, program, ['--seconds', String(SECONDS)]);
  try {
    await switching.hear('pid');
    const bpftrace = await startBpftrace('agreement');
    const recorder = await startRecorder(path, switching.pid);
    switching.say('go');
    const told = listOf(parse(await switching.hear('lives')), 'lives').map((life) => Object(life));
    const maps = await bpftrace.stop();
    const { lost } = await recorder.stop();
    const recording = openRecording(path);
    const rows = recording.database
      .prepare('SELECT tid, count(*) AS n, sum(duration_ns) AS ns FROM waits WHERE pid = ? GROUP BY tid')
      .all(switching.pid);
    recording.close();
    const lives = told.map((life: object) => {
      const tid = numberOf(life, 'tid');
      const row = rows.find((each) => number(each, 'tid') === tid);
      return {
        name: String(Reflect.get(life, 'name')),
        ours: row === undefined ? 0 : number(row, 'ns'),
        theirs: maps.get('@off')?.get(String(tid)) ?? 0,
        ourTimes: row === undefined ? 0 : number(row, 'n'),
        theirTimes: maps.get('@times')?.get(String(tid)) ?? 0,
        gaps: maps.get('@gaps')?.get(String(tid)) ?? 0,
        own: numberOf(life, 'lived_ns') - numberOf(life, 'ran_ns'),
      };
    });
    return { lives, lost };
  } finally {
    await switching.stop('SIGKILL');
  }
};

const percentOff = (value: number, reference: number): number => (Math.abs(value - reference) / reference) * 100;
const differenceOf = ({ ours, theirs }: Life): number => percentOff(ours, theirs);
const largest = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), 0);
const isWhole = ({ gaps }: Life): boolean => gaps === 0;

/** The largest difference of any thread that bpftrace saw without a gap, per cent of what bpftrace says; one value a run. */
const agreement = (threadsOn: string, runs: readonly Run[]): readonly Figure[] => {
  const lives = runs.flatMap((run) => run.lives);
  const whole = lives.filter(isWhole);
  const worst = [...whole].sort((a, b) => differenceOf(b) - differenceOf(a))[0];
  const broken = lives.filter((life) => !isWhole(life));
  const sum = (pick: (life: Life) => number) => whole.reduce((total, life) => total + pick(life), 0);
  const context = {
    threads_on: threadsOn,
    threads: whole.length,
    intervals: sum(({ ourTimes }) => ourTimes),
    bpftrace_intervals: sum(({ theirTimes }) => theirTimes),
    off_cpu_ms: sum(({ ours }) => ours) / 1e6,
    bpftrace_off_cpu_ms: sum(({ theirs }) => theirs) / 1e6,
    worst_thread: worst?.name ?? '',
    threads_with_gaps: broken.length,
    largest_with_gaps_pct: largest(broken.map(differenceOf)),
    largest_from_own_clock_pct: largest(lives.map(({ ours, own }) => percentOff(ours, own))),
    lost: runs.reduce((total, { lost }) => total + lost, 0),
  };
  return [
    figureOf(
      'offcpu_agreement_pct',
      '%',
      { atMost: 1 },
      runs.map((run) => largest(run.lives.filter(isWhole).map(differenceOf))),
      context,
    ),
    figureOf('offcpu_agreement_threads', 'threads', { atLeast: 9 }, [whole.length], { threads_on: threadsOn }),
  ];
};

/** On one CPU, where the threads preempt each other; and on all, where they wake each other across CPUs. */
export const agreementFigures = async (folder: string): Promise<readonly Figure[]> => {
  const { victim, others } = victimCpu();
  const program = compile(folder, 'switching');
  const onOne: Run[] = [];
  const onAll: Run[] = [];
  for (let run = 0; run < RUNS; run++) {
    onOne.push(await watch(folder, program, victim));
    onAll.push(await watch(folder, program, `${others},${victim}`));
  }
  return [...agreement('one CPU', onOne), ...agreement('all CPUs', onAll)];
};
