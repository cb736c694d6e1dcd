// What stacks cost: the programs of the kernel side with them and without them, counted by the kernel itself, and the
// recorder's CPU time; and what the symbols of a large program take in memory.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openElf } from '../src/capture/symbols/elf.ts';
import { loadSymbolTable } from '../src/capture/symbols/symbol-table.ts';
import { type Bench, type Figure, figureOf } from './figure.ts';
import { inFolder, workload } from './lab.ts';

const TURNS = 3;
const THREADS = 16;
const SECONDS = 6;
const COUNTING = '/proc/sys/kernel/bpf_stats_enabled';

type Ran = { readonly ns: number; readonly count: number };
type Cost = {
  readonly cpu_us: number;
  readonly wall_ms: number;
  readonly lost: number;
  readonly ran: Readonly<Record<'probes' | 'ticks' | 'switches', Ran | undefined>>;
};

const recorder = join(import.meta.dirname, 'stacks-recorder.ts');
const root = join(import.meta.dirname, '..');

const record = (folder: string, hz: number, command: readonly string[]): Cost => {
  const said = execFileSync(process.execPath, [recorder, String(hz), join(folder, 'stacks.db'), ...command], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(said.trim().split('\n').at(-1) ?? '');
};

/** Turns with and without stacks, one after the other. */
const inTurns = (folder: string, command: readonly string[]): readonly { readonly on: Cost; readonly off: Cost }[] =>
  Array.from({ length: TURNS }, () => ({ on: record(folder, 99, command), off: record(folder, 0, command) }));

const callCosts = (folder: string): Figure[] => {
  const storm = workload('storm');
  const args = (rate: number) => ['--rate', String(rate), '--seconds', String(SECONDS), '--threads', '1'];
  const train = ['python3', join(root, 'lab', 'workloads', 'train.py'), '--seconds', String(SECONDS)];
  const victims: readonly (readonly [string, readonly string[]])[] = [
    ['1,000 calls/s', [storm, ...args(1000)]],
    ['10,000 calls/s', [storm, ...args(10_000)]],
    ['100,000 calls/s', [storm, ...args(100_000)]],
    ['a training loop in Python', train],
  ];
  return victims.map(([victim, command]) => {
    const turns = inTurns(folder, command);
    const perCall = ({ ran }: Cost) => (2 * (ran.probes?.ns ?? 0)) / (ran.probes?.count ?? 1);
    return figureOf(
      'stack_cost_per_call_ns',
      'ns',
      { atMost: 1000 },
      turns.map(({ on, off }) => perCall(on) - perCall(off)),
      {
        victim,
        without_ns: Math.round(perCall(turns[0]?.off ?? record(folder, 0, command))),
        lost: turns[0]?.on.lost ?? 0,
      },
    );
  });
};

const sampleCosts = (folder: string): Figure[] => {
  const native = join(folder, 'victim');
  execFileSync('gcc', ['-O2', '-pthread', join(import.meta.dirname, 'stacks-victim.c'), '-o', native]);
  const size = [String(THREADS), String(SECONDS)];
  const victims: readonly (readonly [string, readonly string[]])[] = [
    ['C', [native, ...size]],
    ['Python', ['python3', join(import.meta.dirname, 'stacks-victim.py'), ...size]],
  ];
  return victims.flatMap(([victim, command]) => {
    const turns = inTurns(folder, command);
    const share = ({ cpu_us, wall_ms }: Cost) => (cpu_us / wall_ms) * 0.1;
    const inKernel = ({ ran, wall_ms }: Cost) => ((ran.ticks?.ns ?? 0) / wall_ms) * 1e-4;
    const perTick = ({ ran }: Cost) => (ran.ticks?.ns ?? 0) / (ran.ticks?.count ?? 1);
    const context = { victim, threads: THREADS, ticks: turns[0]?.on.ran.ticks?.count ?? 0 };
    return [
      figureOf(
        'sample_cost_pct',
        '%',
        { atMost: 0.5 },
        turns.map(({ on }) => inKernel(on)),
        context,
      ),
      // As if each of the threads had a CPU to itself, which those of Python cannot use.
      figureOf(
        'sample_cost_of_16_running_pct',
        '%',
        { atMost: 0.5 },
        turns.map(({ on }) => perTick(on) * 99 * (victim === 'C' ? THREADS : 1) * 1e-7),
        { victim, tick_ns: Math.round(perTick(turns[0]?.on ?? record(folder, 99, command))) },
      ),
      figureOf(
        'sample_recorder_pct',
        '%',
        { atMost: 2 },
        turns.map(({ on, off }) => share(on) - share(off)),
        context,
      ),
    ];
  });
};

const symbolMemory = (): Figure => {
  const path = process.execPath;
  using elf = openElf(path);
  const table = loadSymbolTable(elf);
  return figureOf('symbol_memory_mb', 'MB', { atMost: 20 }, [table.memoryBytes / 1e6], {
    functions: table.count,
    file_mb: Math.round(readFileSync(path).length / 1e6),
  });
};

export const stacks: Bench = {
  name: 'stacks',
  doc: 'what taking stacks costs the traced program and the recorder, and what symbols take in memory',
  run: () =>
    inFolder(async (folder) => {
      const before = readFileSync(COUNTING, 'utf8');
      writeFileSync(COUNTING, '1');
      try {
        return [...callCosts(folder), ...sampleCosts(folder), symbolMemory()];
      } finally {
        writeFileSync(COUNTING, before);
      }
    }),
};
