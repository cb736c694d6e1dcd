// Which kernel tests run in an emulator, as data: what is left out and why, and what is expected to fail on a kernel for a
// reason of that kernel's own. Counts and fields are held there; times say nothing.
import { isAtLeast, OLDEST_KERNEL } from '../src/capture/kernel-version.ts';
import type { TestResult } from './outcome.ts';

/** The only one that runs on a kernel that is not supported. */
const TOO_OLD = 'too-old';
const inOrder = [
  ...['counts', 'sched', 'every-call', 'truth-locks', 'truth-ipc', 'truth-signals', 'truth-chain', 'truth-stuck'],
  ...['truth-disk', 'truth-memory', 'truth-gil', 'selection', 'ending', 'live', 'security', 'stacks-python'],
  ...[
    'python-table',
    'privileges',
    'bad-input',
    'hostile',
    'control',
    'live-calls',
    'live-recording',
    'watches-end',
    'flood',
  ],
] as const;

/** Files that do not run there: file -> why. */
export const leftOut: Readonly<Record<string, string>> = {
  chaos: 'kills recorders at moments that an emulator moves about: `npm run chaos` does it on the host',
  compare: 'finds what takes more time than before: all times there are the emulator’s',
  network: 'waits for timers of the network stack for minutes, and needs kernel modules that cloud kernels lack',
  quiet: 'waits for what does not happen, for minutes in an emulator',
  shedding: 'needs more calls than a reader can take: in an emulator nothing makes as many',
  'stacks-native':
    'compares with gdb and compiles C++: both would double the guest, and what it tests is in user space',
  'truth-cpu': 'holds who ran instead against shares of CPU time, which an emulator deals out as its host lets it',
};

/** Single tests that do not run there: file -> names and why. */
export const testsLeftOut: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  flood: {
    'who floods a guarded file is named, and another who opens it once is told':
      'needs more opened files a second than an emulator makes',
  },
  sched: {
    'what is not waiting is running: the parts add up to the CPU time': 'adds up milliseconds',
    'a hog on the same CPU is who ran instead': 'measures shares of CPU time',
  },
  ending: {
    'a killed recorder leaves a file that lacks at most a second and says that it was cut': 'counts a second',
  },
};

/** A test that fails, or is skipped, on some kernels. */
export type Expected = {
  /** Names of targets; undefined: all of them. */
  readonly on: readonly string[] | undefined;
  readonly file: string;
  readonly test: string;
  /** In the kernel's own terms. */
  readonly why: string;
};
export const expectedFailures: readonly Expected[] = [];

const pathOf = (name: string) => `test/kernel/${name}.test.ts`;
/** "counts" of "test/kernel/counts.test.ts". */
export const nameOfFile = (path: string): string => /([\w-]+)\.test\.ts$/.exec(path)?.[1] ?? path;

/** Paths of the files that run on a kernel, in the order of what they are worth. */
export const testFiles = (version: string): readonly string[] =>
  (isAtLeast(OLDEST_KERNEL, version) ? inOrder : [TOO_OLD]).map(pathOf);

/** Those of them whose paths hold one of the words; all of them where there are no words. */
export const wantedFiles = (version: string, words: readonly string[]): readonly string[] =>
  testFiles(version).filter((path) => words.length === 0 || words.some((word) => path.includes(word)));

/** Names of the tests of a file that are not run. */
export const leftOutOf = (path: string): readonly string[] => Object.keys(testsLeftOut[nameOfFile(path)] ?? {});

/** Why a test may fail on a target; undefined when it may not. */
export const reasonToFail = (target: string, { file, name }: Pick<TestResult, 'file' | 'name'>): string | undefined =>
  expectedFailures.find(
    (each) =>
      (each.on === undefined || each.on.includes(target)) && each.file === nameOfFile(file) && each.test === name,
  )?.why;

/** All files that the plan names. */
export const plannedFiles: readonly string[] = [...inOrder, ...Object.keys(leftOut), TOO_OLD];
