// A host that is larger than this one: what its kernel side takes, what its calls cost to read, and 2,000 real threads. Each
// part runs in a process of its own.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { LARGE_HOST, scaleOf } from '../scripts/scale.ts';
import { openRecording } from '../src/store/open-recording.ts';
import { number } from '../src/store/row.ts';
import { type Bench, type Figure, figureOf } from './figure.ts';
import { inFolder, workload } from './lab.ts';

const RUNS = 3;
const CALLS = 400_000;
const SMALL_HOST = { cpus: 2, threads: 8 } as const;
const { cpus, threads, calls } = LARGE_HOST;
const MIB = 1 << 20;
/** Of each of the threads that sleep, in us: 20,000 sleeps a second of all of them. */
const PERIOD_US = 100_000;
const SECONDS = 5;
/** What a machine of two CPUs can make besides recording them. */
const CALL_RATE = 50_000;

const here = (name: string) => new URL(name, import.meta.url).pathname;
const lastLine = (output: string): object => {
  const parsed: unknown = JSON.parse(output.trim().split('\n').at(-1) ?? '');
  if (typeof parsed !== 'object' || parsed === null) throw new Error(`no object in ${output}`);
  return parsed;
};
const run = (script: string, args: readonly string[]): object =>
  lastLine(
    execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', here(script), ...args], {
      encoding: 'utf8',
      maxBuffer: 64 * MIB,
    }),
  );
const numberIn = (object: object, name: string): number => {
  const value: unknown = Reflect.get(object, name);
  if (typeof value !== 'number') throw new Error(`no number ${name} in ${JSON.stringify(object)}`);
  return value;
};

const memory = (): readonly Figure[] => {
  const found = run('scale-kernel.ts', [String(cpus)]);
  const [accounted, workedOut] = [numberIn(found, 'accounted'), numberIn(found, 'worked_out')];
  const { kernelBytes } = scaleOf(cpus);
  return [
    figureOf('scale_out_kernel_memory', 'MiB', { atMost: 320 }, [kernelBytes / MIB], { cpus }),
    // The larger of both over the smaller.
    figureOf(
      'scale_out_memory_formula',
      'ratio',
      { atMost: 1.02 },
      [Math.max(accounted / workedOut, workedOut / accounted)],
      { cpus, accounted_mib: Math.round(accounted / MIB), worked_out_mib: Math.round(workedOut / MIB) },
    ),
  ];
};

const reading = (folder: string): readonly Figure[] => {
  const cost = (name: string, host: { readonly cpus: number; readonly threads: number }) => {
    const own = join(folder, name);
    mkdirSync(own);
    const found = run('scale-host.ts', [own, String(host.cpus), String(host.threads), String(CALLS)]);
    if (numberIn(found, 'recorded') !== CALLS) throw new Error(`${JSON.stringify(found)}: not all of ${CALLS} calls`);
    return { us: numberIn(found, 'cpuUs'), bytes: numberIn(found, 'bytes'), rings: numberIn(found, 'rings') };
  };
  const pairs = Array.from({ length: RUNS }, (_, i) => ({
    large: cost(`large-${i}`, LARGE_HOST),
    small: cost(`small-${i}`, SMALL_HOST),
  }));
  const context = { cpus, threads, calls: CALLS, rings: pairs[0]?.large.rings ?? 0 };
  return [
    figureOf(
      'scale_out_call_cost',
      'ratio',
      { atMost: 1.3 },
      pairs.map(({ large, small }) => large.us / small.us),
      {
        ...context,
        against: `${SMALL_HOST.cpus} CPUs, ${SMALL_HOST.threads} threads`,
      },
    ),
    figureOf(
      'scale_out_reader_cpu',
      '% of a core',
      { atMost: 50 },
      pairs.map(({ large }) => (large.us * calls) / 1e4),
      {
        ...context,
        calls_per_s: calls,
      },
    ),
    figureOf(
      'scale_out_disk',
      'MB/s',
      { atMost: 12 },
      pairs.map(({ large }) => (large.bytes * calls) / 1e6),
      {
        ...context,
        calls_per_s: calls,
      },
    ),
  ];
};

/** 2,000 real threads that sleep, and 2,000 that make calls. */
const realThreads = (folder: string): readonly Figure[] => {
  const sleepers = join(folder, 'sleepers');
  execFileSync('gcc', ['-O1', '-pthread', here('scale-threads.c'), '-o', sleepers]);
  const asleep = join(folder, 'asleep.db');
  const naps = run('recorder.ts', [asleep, sleepers, String(threads), String(PERIOD_US), String(SECONDS)]);
  const recording = openRecording(asleep);
  const count = (query: string): number => {
    const row = recording.database.prepare(query).get();
    return row === undefined ? 0 : number(row, 'n');
  };
  const seen = count('SELECT count(DISTINCT tid) AS n FROM tasks');
  const waits = count("SELECT count(*) AS n FROM waits WHERE kind = 'sleep'");
  recording.close();
  const storm = run('recorder.ts', [
    join(folder, 'storm.db'),
    ...[workload('storm'), '--rate', String(CALL_RATE), '--seconds', String(SECONDS), '--threads', String(threads)],
    ...['--api', 'driver', '--start-delay-ms', '300'],
  ]);
  const context = { threads, seconds: SECONDS, cpus: availableParallelism() };
  return [
    figureOf('scale_out_threads_seen', 'threads', { atLeast: threads }, [seen], context),
    figureOf('scale_out_waits_lost', 'events', { atMost: 0 }, [numberIn(naps, 'lost')], {
      ...context,
      sleeps_recorded: waits,
      events_per_s: Math.round(numberIn(naps, 'events') / SECONDS),
    }),
    figureOf('scale_out_calls_lost', 'events', { atMost: 0 }, [numberIn(storm, 'lost')], {
      ...context,
      calls_per_s: Math.round(numberIn(storm, 'total') / SECONDS),
    }),
  ];
};

export const scaleOut: Bench = {
  name: 'scale-out',
  doc: `a host of ${cpus} CPUs, as far as this one can stand in for it`,
  run: () => inFolder(async (folder) => [...memory(), ...reading(folder), ...realThreads(folder)]),
};
