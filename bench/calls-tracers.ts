// What traces the calls in the calls bench: nothing but the probes, our recorder with stacks and without, bpftrace with buffers
// for all that is called and with those it has by itself, and a tracer as it is usually written with libbpf. Each is started for
// a victim and stopped again.
import { execFileSync, spawnSync } from 'node:child_process';
import { createReadStream, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadSystem } from '../src/capture/libbpf.ts';
import type { Victim } from './calls-victim.ts';
import { startChild, victimCpu } from './sched-child.ts';
import { bpftraceMissing, bpftraceWith, clangMissing, startRecorder } from './sched-tracers.ts';

export const conditions = ['bare', 'recorded', 'no_stacks', 'bpftrace', 'bpftrace_default', 'plain'] as const;
export type Condition = (typeof conditions)[number];

/** Ends it, and tells how many of the calls that were made meanwhile it kept nothing of; undefined where it keeps nothing at all. */
export type Tracer = { readonly stop: (made: number) => Promise<number | undefined> };

const ATTACH_MS = 120_000;

const source = (name: string) => join(import.meta.dirname, name);

const compileBpf = (folder: string, name: string): string => {
  const object = join(folder, `${name}.o`);
  const define = process.arch === 'arm64' ? '-D__TARGET_ARCH_arm64' : '-D__TARGET_ARCH_x86';
  execFileSync('clang', ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', define, '-c', source(`${name}.c`), '-o', object]);
  return object;
};

/** Why a tracer cannot be had here; undefined when it can. */
export const missing: Readonly<Record<Condition, () => string | undefined>> = {
  bare: clangMissing,
  recorded: () => undefined,
  no_stacks: () => undefined,
  bpftrace: bpftraceMissing,
  bpftrace_default: bpftraceMissing,
  plain: () =>
    clangMissing() ??
    (existsSync('/usr/include/bpf/libbpf.h') && spawnSync('gcc', ['--version']).status === 0
      ? undefined
      : 'gcc or the headers of libbpf are not installed (Debian, Ubuntu: apt install gcc libbpf-dev)'),
};

const NEWLINE = 10;
const [ZERO, NINE] = [48, 57];
/** Lines that begin with a digit: those of calls. Others are what a tracer says of itself, such as how many it lost. */
const linesOf = async (path: string): Promise<number> => {
  let lines = 0;
  let before = NEWLINE;
  for await (const chunk of createReadStream(path))
    for (const byte of chunk) {
      if (before === NEWLINE && byte >= ZERO && byte <= NINE) lines++;
      before = byte;
    }
  return lines;
};

const startBare = async (folder: string, { library, offset }: Victim): Promise<Tracer> => {
  const args = [source('calls-bare.ts'), compileBpf(folder, 'calls-empty.bpf'), library, String(offset)];
  const child = startChild(victimCpu().others, process.execPath, ['--disable-warning=ExperimentalWarning', ...args]);
  await child.hear('attached');
  return {
    stop: async () => {
      await child.stop('SIGTERM');
      return undefined;
    },
  };
};

const startRecorded = async (folder: string, { pid }: Victim, sampleHz?: number): Promise<Tracer> => {
  const recorder = await startRecorder(join(folder, 'calls.db'), pid, sampleHz);
  return { stop: async () => (await recorder.stop()).lost };
};

const startPlain = async (folder: string, { library, offset }: Victim): Promise<Tracer> => {
  const program = join(folder, 'calls-plain');
  const output = join(folder, 'plain.txt');
  execFileSync('gcc', ['-O2', '-Wall', source('calls-plain.c'), '-lbpf', '-o', program]);
  const args = [compileBpf(folder, 'calls-plain.bpf'), library, String(offset), output];
  const child = startChild(victimCpu().others, program, args);
  await child.hear('attached');
  return {
    stop: async (made) => {
      await child.stop('SIGINT');
      const kept = await linesOf(output);
      rmSync(output);
      return made - kept;
    },
  };
};

/** Where the last two arguments are that are kept: registers hold six on x86-64, eight on arm64. */
const LAST_ARGUMENTS = process.arch === 'arm64' ? ['arg6', 'arg7'] : ['sarg0', 'sarg1'];
/** Of all CPUs together, at most. */
const LARGE_BUFFERS = 1 << 30;
const LARGEST_BUFFER = 1 << 28;

/** Bytes of a buffer of bpftrace for each CPU that holds what a run calls, even if nobody reads: as much as it can make use of. */
export const largeBuffer = (): number =>
  2 ** Math.floor(Math.log2(Math.min(LARGEST_BUFFER, LARGE_BUFFERS / cpus().length)));

/** It writes into a file, not to us: what reads its lines would be a part of its cost. */
const startBpftrace = async (folder: string, { library }: Victim, buffer?: number): Promise<Tracer> => {
  const script = join(folder, 'calls.bt');
  const output = join(folder, 'bpftrace.txt');
  const [shared = '', stream = ''] = LAST_ARGUMENTS;
  const text = readFileSync(source('calls.bt'), 'utf8')
    .replace('SHARED_BYTES, STREAM)', `${shared}, ${stream})`)
    .replaceAll('LIBRARY', library);
  writeFileSync(script, text);
  const pages = buffer === undefined ? [] : [`BPFTRACE_PERF_RB_PAGES=${buffer / loadSystem().pageSize}`];
  writeFileSync(output, '');
  // Its option -o would keep the lines until its end.
  const command = ['env', ...pages, 'unshare', ...bpftraceWith('-B', 'line', script)];
  const into = ['-c', 'exec "$@" > "$0"', output, ...command];
  const child = startChild(victimCpu().others, 'sh', into);
  for (const began = performance.now(); !readFileSync(output, 'utf8').includes('attached'); await sleep(100))
    if (performance.now() - began > ATTACH_MS) throw new Error('bpftrace did not attach');
  return {
    stop: async (made) => {
      await child.stop('SIGINT');
      const kept = await linesOf(output);
      rmSync(output);
      return made - kept;
    },
  };
};

/** Starts a tracer for a victim; returns when its probes are in place. */
export const startTracer = (condition: Condition, folder: string, victim: Victim): Promise<Tracer> => {
  switch (condition) {
    case 'bare':
      return startBare(folder, victim);
    case 'recorded':
      return startRecorded(folder, victim);
    case 'no_stacks':
      return startRecorded(folder, victim, 0);
    case 'bpftrace':
      return startBpftrace(folder, victim, largeBuffer());
    case 'bpftrace_default':
      return startBpftrace(folder, victim);
    case 'plain':
      return startPlain(folder, victim);
  }
};
