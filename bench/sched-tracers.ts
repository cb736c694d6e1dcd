// What watches while the scheduler benches measure: our recorder, or bpftrace with one of the scripts of this folder.
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, startChild, victimCpu } from './sched-child.ts';
import { numberOf, parse } from './sched-json.ts';

const SETTLE_MS = 1500;

export type Recorder = {
  readonly child: Child;
  /** Begins the count of its CPU time anew. */
  readonly mark: () => void;
  readonly stop: () => Promise<{ readonly events: number; readonly lost: number; readonly cpuUs: number }>;
};

/** Starts recording a process into the file, with so many samples a second where told; returns when it is recorded. */
export const startRecorder = async (path: string, pid: number, sampleHz?: number): Promise<Recorder> => {
  const script = join(import.meta.dirname, 'sched-recorder.ts');
  const hz = sampleHz === undefined ? [] : [String(sampleHz)];
  // With the modules that an earlier start compiled, as bin/whytrace does.
  const quick = `--require=${join(import.meta.dirname, '..', 'bin', 'quick-start.cjs')}`;
  const args = ['--disable-warning=ExperimentalWarning', quick, script, path, String(pid), ...hz];
  const child = startChild(victimCpu().others, process.execPath, args);
  await child.hear('ready_ms');
  // The thread that names stacks may still be starting.
  await sleep(SETTLE_MS);
  return {
    child,
    mark: () => process.kill(child.pid, 'SIGUSR2'),
    stop: async () => {
      const lines = await child.stop('SIGINT');
      const end = parse(lines.find((line) => line.includes('cpu_us')) ?? 'null');
      return { events: numberOf(end, 'events'), lost: numberOf(end, 'lost'), cpuUs: numberOf(end, 'cpu_us') };
    },
  };
};

/** Why programs that do nothing cannot be had here; undefined when they can. */
export const clangMissing = (): string | undefined =>
  spawnSync('clang', ['--version']).status === 0
    ? undefined
    : 'clang is not installed (Debian, Ubuntu: apt install clang)';

/** Attaches programs that do nothing; returns when they are. */
export const startEmpty = async (folder: string): Promise<Child> => {
  const object = join(folder, 'empty.bpf.o');
  execFileSync('clang', ['-O2', '-g', '-target', 'bpf', '-c', join(import.meta.dirname, 'empty.bpf.c'), '-o', object]);
  const script = join(import.meta.dirname, 'sched-empty.ts');
  const args = ['--disable-warning=ExperimentalWarning', script, object];
  const child = startChild(victimCpu().others, process.execPath, args);
  await child.hear('attached');
  return child;
};

/** Why bpftrace cannot run here; undefined when it can. */
export const bpftraceMissing = (): string | undefined =>
  spawnSync('bpftrace', ['--version']).status === 0
    ? undefined
    : 'bpftrace is not installed (Debian, Ubuntu: apt install bpftrace)';

/** bpftrace wants tracefs in its place. Where it is not mounted it gets it in a view of its own, and nobody else sees it. */
const WITH_TRACEFS =
  'test -e /sys/kernel/tracing/events || test -e /sys/kernel/debug/tracing/events || mount -t tracefs none /sys/kernel/tracing; exec bpftrace "$@"';

/** Arguments of `unshare` that start bpftrace with the arguments given. */
export const bpftraceWith = (...args: readonly string[]): readonly string[] => [
  ...['-m', 'sh', '-c', WITH_TRACEFS, 'bpftrace'],
  ...args,
];

export type Bpftrace = {
  readonly child: Child;
  /** Ends it; gives its maps: name, key, value. */
  readonly stop: () => Promise<ReadonlyMap<string, ReadonlyMap<string, number>>>;
};

/** Starts a script that prints `attached`; returns when it has. */
export const startBpftrace = async (name: string): Promise<Bpftrace> => {
  const script = join(import.meta.dirname, `${name}.bt`);
  const child = startChild(victimCpu().others, 'unshare', bpftraceWith('-f', 'json', script));
  await child.hear('attached\\n');
  return {
    child,
    stop: async () => {
      const lines = await child.stop('SIGINT');
      const maps = lines
        .filter((line) => line.startsWith('{'))
        .map(parse)
        .filter((line) => Reflect.get(line, 'type') === 'map')
        .flatMap((line) => Object.entries(Object(Reflect.get(line, 'data'))));
      return new Map(
        maps.map(([map, values]) => [
          map,
          new Map(Object.entries(Object(values)).map(([key, value]) => [key, Number(value)])),
        ]),
      );
    },
  };
};
