// A host that is larger than this one: what its kernel side takes, what its calls and switches cost to read, and 2,000 real
// threads. Each part runs in a process of its own.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { LARGE_HOST, scaleOf } from '../scripts/scale.ts';
import { openRecording } from '../src/store/open-recording.ts';
import { number } from '../src/store/row.ts';
import { type Bench, type Figure, figureOf, median, rounded } from './figure.ts';
import { inFolder, workload } from './lab.ts';
import { runScript } from './run-script.ts';
import { numberOf, textOf } from './sched-json.ts';

const RUNS = 3;
const CALLS = 400_000;
const SMALL_HOST = { cpus: 2, threads: 8 } as const;
const { cpus, threads, calls, switches, traced } = LARGE_HOST;
const MIB = 1 << 20;
/** Of each of the threads that sleep, in us: 20,000 sleeps a second of all of them. */
const PERIOD_US = 100_000;
const SECONDS = 5;
/** What a machine of two CPUs can make besides recording them. */
const CALL_RATE = 50_000;

const memory = (): readonly Figure[] => {
  const found = runScript('scale-kernel.ts', [String(cpus)]);
  const [accounted, workedOut] = [numberOf(found, 'accounted'), numberOf(found, 'worked_out')];
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

const read = (folder: string, host: { readonly cpus: number; readonly threads: number }, switching: boolean) => {
  mkdirSync(folder);
  const words = [folder, String(host.cpus), String(host.threads), String(CALLS), switching ? 'switches' : 'none'];
  const found = runScript('scale-host.ts', words);
  const of = (name: string) => numberOf(found, name);
  if (of('recorded') !== of('made')) throw new Error(`${JSON.stringify(found)}: not all events were read`);
  return {
    ...{ us: of('cpuUs'), bytes: of('bytes'), rings: of('rings'), lost: of('lost') },
    ...{ sets: of('sets'), waits: of('waits') },
  };
};

const reading = (folder: string): readonly Figure[] => {
  const turns = Array.from({ length: RUNS }, (_, i) => ({
    large: read(join(folder, `large-${i}`), LARGE_HOST, false),
    small: read(join(folder, `small-${i}`), SMALL_HOST, false),
    mixed: read(join(folder, `mixed-${i}`), LARGE_HOST, true),
  }));
  const [first] = turns;
  const context = {
    cpus,
    threads,
    calls: CALLS,
    rings: first?.large.rings ?? 0,
    argument_sets: first?.large.sets ?? 0,
  };
  const rates = { calls_per_s: calls, switches_per_s: switches, traced_switches_per_s: traced };
  const share = (of: keyof (typeof turns)[number]) => turns.map((turn) => (turn[of].us * calls) / 1e4);
  const megabytes = (of: keyof (typeof turns)[number]) => turns.map((turn) => (turn[of].bytes * calls) / 1e6);
  return [
    figureOf(
      'scale_out_call_cost',
      'ratio',
      { atMost: 1.3 },
      turns.map((turn) => turn.large.us / turn.small.us),
      { ...context, against: `${SMALL_HOST.cpus} CPUs, ${SMALL_HOST.threads} threads` },
    ),
    figureOf('scale_out_reader_cpu', '% of a core', { atMost: 50 }, share('large'), { ...context, calls_per_s: calls }),
    figureOf('scale_out_disk', 'MB/s', { atMost: 12 }, megabytes('large'), { ...context, calls_per_s: calls }),
    // Beyond one core it cannot keep up, and leaves rows out.
    figureOf('scale_out_mixed_cpu', '% of a core', { atMost: 100 }, share('mixed'), {
      ...{ cpus, threads, calls: CALLS, ...rates },
      us_per_traced_switch: rounded((median(turns.map((turn) => turn.mixed.us - turn.large.us)) * calls) / traced),
      rows_per_traced_switch: rounded(((first?.mixed.waits ?? 0) * calls) / CALLS / traced),
      not_followed: Math.max(...turns.map((turn) => turn.mixed.lost)),
    }),
    figureOf('scale_out_mixed_disk', 'MB/s', undefined, megabytes('mixed'), { cpus, threads, ...rates }),
  ];
};

/** 2,000 real threads that sleep, and 2,000 that make calls. */
const realThreads = (folder: string): readonly Figure[] => {
  const sleepers = join(folder, 'sleepers');
  execFileSync('gcc', ['-O1', '-pthread', join(import.meta.dirname, 'scale-threads.c'), '-o', sleepers]);
  const asleep = join(folder, 'asleep.db');
  const naps = runScript('recorder.ts', [asleep, sleepers, String(threads), String(PERIOD_US), String(SECONDS)]);
  const recording = openRecording(asleep);
  const count = (query: string): number => {
    const row = recording.database.prepare(query).get();
    return row === undefined ? 0 : number(row, 'n');
  };
  const seen = count('SELECT count(DISTINCT tid) AS n FROM tasks');
  const waits = count("SELECT count(*) AS n FROM waits WHERE kind = 'sleep'");
  recording.close();
  const storm = runScript('recorder.ts', [
    join(folder, 'storm.db'),
    ...[workload('storm'), '--rate', String(CALL_RATE), '--seconds', String(SECONDS), '--threads', String(threads)],
    ...['--api', 'driver', '--start-delay-ms', '300'],
  ]);
  const context = { threads, seconds: SECONDS, cpus: availableParallelism() };
  return [
    figureOf('scale_out_threads_seen', 'threads', { atLeast: threads }, [seen], context),
    figureOf('scale_out_waits_lost', 'events', { atMost: 0 }, [numberOf(naps, 'lost')], {
      ...context,
      sleeps_recorded: waits,
      events_per_s: Math.round(numberOf(naps, 'events') / SECONDS),
      losses: textOf(naps, 'losses'),
    }),
    figureOf('scale_out_calls_lost', 'events', { atMost: 0 }, [numberOf(storm, 'lost')], {
      ...context,
      calls_wanted_per_s: CALL_RATE,
      calls_per_s: Math.round(numberOf(storm, 'total') / SECONDS),
      losses: textOf(storm, 'losses'),
    }),
  ];
};

export const scaleOut: Bench = {
  name: 'scale-out',
  doc: `a host of ${cpus} CPUs, as far as this one can stand in for it`,
  run: () => inFolder(async (folder) => [...memory(), ...reading(folder), ...realThreads(folder)]),
};
