// Thousands of sleeping threads and hundreds of processes that come and go each second, recorded: are all of them in the
// recording, is anything lost, and does the recorder grow.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setInterval } from 'node:timers/promises';
import { openRecording } from '../src/store/open-recording.ts';
import { number } from '../src/store/row.ts';
import { type Figure, figureOf } from './figure.ts';
import { compile, startChild, victimCpu } from './sched-child.ts';
import { numberOf, numbersOf, parse } from './sched-json.ts';
import { type Recorder, startRecorder } from './sched-tracers.ts';

const THREADS = 2000;
const RATE = 200;
const SECONDS = 10;
const SAMPLE_MS = 250;

/** MiB of a process that are its own: neither files nor the rings it shares with the kernel. */
const ownMemory = (pid: number): number => {
  const kib = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) / 1024;
};

/** MiB that its BPF maps hold in the kernel (`memlock` of linux/kernel/bpf/syscall.c, bpf_map_show_fdinfo). */
const mapMemory = (pid: number): number => {
  const maps = readdirSync(`/proc/${pid}/fdinfo`).map((fd) => {
    const text = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
    return [/^map_id:\s+(\d+)$/m.exec(text)?.[1], /^memlock:\s+(\d+)$/m.exec(text)?.[1]] as const;
  });
  const bytes = new Map(maps.filter(([id]) => id !== undefined));
  return [...bytes.values()].reduce((sum, each) => sum + Number(each ?? 0), 0) / 2 ** 20;
};

const sample = async (recorder: Recorder, until: AbortSignal): Promise<readonly number[]> => {
  const seen = [ownMemory(recorder.child.pid)];
  try {
    for await (const _ of setInterval(SAMPLE_MS, undefined, { signal: until }))
      seen.push(ownMemory(recorder.child.pid));
  } catch (thrown) {
    if (!until.aborted) throw thrown;
  }
  return seen;
};

const largest = (values: readonly number[]): number => Math.max(...values);

export const stormFigures = async (folder: string): Promise<readonly Figure[]> => {
  const { victim, others } = victimCpu();
  const path = join(folder, 'storm.db');
  const args = ['--threads', THREADS, '--rate', RATE, '--seconds', SECONDS].map(String);
  const crowd = startChild(`${others},${victim}`, compile(folder, 'crowd'), args);
  try {
    const sleepers = numberOf(parse(await crowd.hear('sleepers')), 'sleepers');
    const recorder = await startRecorder(path, crowd.pid);
    const mapsBefore = mapMemory(recorder.child.pid);
    const over = new AbortController();
    const samples = sample(recorder, over.signal);
    crowd.say('go');
    const truth = parse(await crowd.hear('pids'));
    over.abort();
    const mapsAfter = mapMemory(recorder.child.pid);
    const memory = await samples;
    const { events, lost, cpuUs } = await recorder.stop();
    const seconds = numberOf(truth, 'took_ns') / 1e9;
    const made = numbersOf(truth, 'pids');
    const recording = openRecording(path);
    const seen = new Set(
      recording.database
        .prepare('SELECT pid FROM processes')
        .all()
        .map((row) => number(row, 'pid')),
    );
    const threads = recording.database
      .prepare('SELECT count(DISTINCT tid) AS n FROM waits WHERE pid = ? AND tid <> pid')
      .get(sleepers);
    recording.close();
    const half = Math.floor(memory.length / 2);
    const context = { threads: THREADS, rate: RATE, seconds, events };
    const missing = made.filter((pid) => !seen.has(pid)).length;
    return [
      figureOf('sched_processes_per_s', '1/s', { atLeast: RATE * 0.95 }, [(made.length - missing) / seconds], {
        ...context,
        recorder_cpu_pct: cpuUs / 1e4 / seconds,
      }),
      figureOf('sched_processes_missing', 'processes', { atMost: 0 }, [missing], { ...context, made: made.length }),
      figureOf('sched_threads_missing', 'threads', { atMost: 0 }, [
        THREADS - (threads === undefined ? 0 : number(threads, 'n')),
      ]),
      figureOf('sched_storm_lost', 'events', { atMost: 0 }, [lost], context),
      figureOf('sched_kernel_growth', 'MiB', { atMost: 8 }, [mapsAfter - mapsBefore], {
        ...context,
        maps_mib: mapsAfter,
      }),
      figureOf('sched_recorder_growth', 'MiB', { atMost: 64 }, [largest(memory) - (memory[0] ?? 0)], {
        ...context,
        at_start_mib: memory[0] ?? 0,
        second_half_mib: largest(memory.slice(half)) - largest(memory.slice(0, half)),
      }),
    ];
  } finally {
    await crowd.stop('SIGKILL');
  }
};
