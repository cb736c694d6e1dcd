// The program whose calls are traced in the calls bench, and what it is asked to do: calls at a rate, as many as possible, or as
// a training loop makes them. Knows nothing of tracers.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openElf } from '../src/capture/symbols/elf.ts';
import { findFunctions } from '../src/capture/symbols/elf-symbols.ts';
import { type Child, startChild, victimCpu } from './sched-child.ts';
import { numberOf, numbersOf, parse } from './sched-json.ts';

/** What the first instruction of the function is. */
export type Beginning = 'push' | 'endbr64';
export const modes = ['max', '100k', '10k', '1k', 'training', 'short'] as const;
/** Calls a second, about; `max`: nothing but calls; `short`: the same, for tracers that are very slow. */
export type Mode = (typeof modes)[number];

/** One stretch of rounds, in ns of a round: what nine tenths of the rounds exceed, so that what other load adds is not in it. */
export type Stretch = { readonly cpu: number; readonly wall: number; readonly calls: number };

export type Victim = {
  readonly pid: number;
  readonly library: string;
  /** Where in the library its function begins. */
  readonly offset: number;
  readonly play: (mode: Mode) => Promise<Stretch>;
  /** Calls made until now. */
  readonly made: () => number;
  readonly stop: () => Promise<unknown>;
};

/** What libraries really begin with: NVIDIA's with the first, those of today's distributions with the second. */
const FIRST_BYTES: Readonly<Record<Beginning, string>> = { push: '55', endbr64: 'f30f1efa' };
const ROUND_NS = 20e6;
const ROUNDS = 60;
const CALIBRATION = 1_000_000;
/** A step of training: its calls with 5 to 20 us between them, then computing. */
const TRAINING = { rounds: 200, calls: 64, least: 5000, most: 20_000, compute: 5e6 };
const RATES = { '100k': 100_000, '10k': 10_000, '1k': 1000 } as const;

const compileAll = (folder: string, beginning: Beginning): { readonly library: string; readonly program: string } => {
  const own = join(folder, beginning);
  mkdirSync(own, { recursive: true });
  const library = join(own, 'libcudart.so');
  const program = join(own, 'calls-victim');
  const source = (name: string) => join(import.meta.dirname, name);
  const common = ['-std=gnu11', '-O2', '-Wall', '-Wextra'];
  const marks = process.arch === 'x64' ? [`-fcf-protection=${beginning === 'endbr64' ? 'full' : 'none'}`] : [];
  const shared = [...common, ...marks, '-fno-omit-frame-pointer', '-shared', '-fPIC'];
  execFileSync('gcc', [...shared, source('calls-library.c'), '-o', library]);
  execFileSync('gcc', [...common, source('calls-victim.c'), '-ldl', '-o', program]);
  return { library, program };
};

const at = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? Number.NaN;

type Order = { readonly rounds: number; readonly calls: number; readonly words: readonly number[] };

const ask = async (child: Child, { rounds, calls, words }: Order): Promise<Stretch> => {
  child.say([rounds, calls, ...words].join(' '));
  const told = parse(await child.hear('"wall"'));
  return { cpu: at(numbersOf(told, 'cpu'), 0.1), wall: at(numbersOf(told, 'wall'), 0.1), calls };
};

/** What a mode asks of the program: rounds, calls in each, and the words that follow. `steps` turns ns into steps of work. */
const orderOf = (mode: Mode, steps: (ns: number) => number): Order => {
  if (mode === 'max') return { rounds: 200, calls: 4000, words: [0] };
  if (mode === 'short') return { rounds: 40, calls: 1000, words: [0] };
  if (mode === 'training') {
    const { rounds, calls, least, most, compute } = TRAINING;
    return { rounds, calls, words: [0, ...[least, most, compute].map(steps)] };
  }
  const rate = RATES[mode];
  return { rounds: ROUNDS, calls: Math.round((rate * ROUND_NS) / 1e9), words: [steps(1e9 / rate)] };
};

/** Starts the program on the CPU that the measured programs run on. */
export const startVictim = async (folder: string, beginning: Beginning): Promise<Victim> => {
  const { library, program } = compileAll(folder, beginning);
  const child = startChild(victimCpu().victim, program, [library]);
  const pid = numberOf(parse(await child.hear('pid')), 'pid');
  using elf = openElf(library);
  const offset = findFunctions(elf, ['cudaLaunchKernel'])[0]?.fileOffset;
  if (offset === undefined) throw new Error(`no cudaLaunchKernel in ${library}`);
  const first = readFileSync(library)
    .subarray(offset, offset + 4)
    .toString('hex');
  if (process.arch === 'x64' && !first.startsWith(FIRST_BYTES[beginning]))
    throw new Error(`cudaLaunchKernel of ${library} begins with ${first}, not with ${beginning}`);
  let made = 0;
  const give = async (order: Order): Promise<Stretch> => {
    const stretch = await ask(child, order);
    made += order.rounds * order.calls;
    return stretch;
  };
  const calibrated = await give({ rounds: ROUNDS, calls: 1, words: [CALIBRATION] });
  const steps = (ns: number) => Math.round((ns * CALIBRATION) / calibrated.cpu);
  const play = (mode: Mode) => give(orderOf(mode, steps));
  return { pid, library, offset, play, made: () => made, stop: () => child.stop('SIGKILL') };
};
