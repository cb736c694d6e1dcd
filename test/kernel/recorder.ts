// Runs `whytrace record` on this machine for the kernel tests, and reads what it wrote. Knows the command line and the
// views; nothing of how a recording is made. Whatever it starts, it ends, by its id.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkMachine } from '../../src/capture/features.ts';
import { openRecording } from '../../src/store/open-recording.ts';
import type { Recording } from '../../src/store/recording.ts';
import { maybeNumber, number, type Row, text } from '../../src/store/row.ts';
import { SLOWNESS } from './slowness.ts';
import { isClosed } from './sound.ts';

const root = join(import.meta.dirname, '..', '..');
export const WHYTRACE = join(root, 'bin', 'whytrace');
const PATIENCE_MS = 15_000 * SLOWNESS;

const missing = (): string | undefined => {
  const machine = checkMachine();
  if (!machine.ok) {
    const lacks = machine.checks.filter(({ ok, required }) => required && !ok).map(({ name }) => name);
    return `this machine or user cannot record: 'whytrace doctor' misses ${lacks.join(', ')}`;
  }
  return spawnSync('gcc', ['--version']).status === 0 ? undefined : 'needs gcc: the lab is written in C';
};
const reason = missing();
/** Options of every kernel test: why it cannot run here, if it cannot. */
export const here = { timeout: 60_000 * SLOWNESS, skip: reason ?? false } as const;

/** What a test cleans up with. */
export type Owner = { readonly after: (clean: () => void | Promise<void>) => void };

/** A fresh folder that goes away with the test. Others may enter it. */
export const freshFolder = (owner: Owner): string => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-kernel-'));
  execFileSync('chmod', ['755', folder]);
  owner.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** Builds the lab where needed, and gives the path of one of its programs. */
export const lab = (name: string): string => {
  execFileSync(join(root, 'lab', 'cudasim', 'build.sh'), { stdio: ['ignore', 'ignore', 'inherit'] });
  return join(root, 'lab', 'cudasim', 'build', name);
};

/** Compiles `programs/NAME.c` into a folder and gives the path of the result. */
export const compileProgram = (
  folder: string,
  name: string,
  { output = name, flags = [] }: { readonly output?: string; readonly flags?: readonly string[] } = {},
): string => {
  const path = join(folder, output);
  const source = join(import.meta.dirname, 'programs', `${name}.c`);
  execFileSync('gcc', ['-std=gnu11', '-O1', '-Wall', '-pthread', source, '-o', path, ...flags]);
  return path;
};

/** Waits until something is true. */
export const until = async (what: string, holds: () => boolean): Promise<void> => {
  const end = performance.now() + PATIENCE_MS;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited ${PATIENCE_MS} ms in vain until ${what}`);
    await sleep(20);
  }
};

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};
export type Program = {
  readonly pid: number;
  readonly stdout: () => string;
  readonly write: (text: string) => void;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Signals it and what it started, as a terminal does. */
  readonly killGroup: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<Ended>;
  readonly hasEnded: () => boolean;
};

const signalGroup = (leader: number, signal: NodeJS.Signals) => {
  try {
    process.kill(-leader, signal);
  } catch {
    // It has ended.
  }
};

/** Starts a program as the leader of its own group, which is killed when the test ends. */
export const start = (
  owner: Owner,
  command: string,
  args: readonly string[],
  { env = {}, cwd }: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Program => {
  const child: ChildProcess = spawn(command, args, {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${command}`);
  const said = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => {
    said.stdout += String(chunk);
  });
  child.stderr?.on('data', (chunk) => {
    said.stderr += String(chunk);
  });
  child.stdin?.on('error', () => {});
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, ...said }));
  });
  owner.after(async () => {
    signalGroup(pid, 'SIGKILL');
    if (!hasEnded()) await ended;
  });
  return {
    pid,
    stdout: () => said.stdout,
    write: (line) => child.stdin?.write(line),
    kill: (signal) => child.kill(signal),
    killGroup: (signal) => signalGroup(pid, signal),
    ended,
    hasEnded,
  };
};

/** Starts `whytrace record -o PATH ARGS...`. */
export const startRecorder = (
  owner: Owner,
  path: string,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Program => start(owner, WHYTRACE, ['record', '-o', path, ...args], options);

/** Rows of a query to a recording that may still be growing; none while there is no file to read. */
export const peek = (path: string, query: string): readonly Row[] => {
  if (!existsSync(path)) return [];
  let recording: Recording;
  try {
    recording = openRecording(path);
  } catch {
    return [];
  }
  try {
    return recording.database.prepare(query).all();
  } finally {
    recording.close();
  }
};

/** Waits until the recorder has committed that it traces processes (and has probed libraries, where so many are asked). */
export const untilRecording = (path: string, { libraries = 0 } = {}): Promise<void> =>
  until(`${path} says what is traced`, () => {
    const [row] = peek(
      path,
      'SELECT (SELECT count(*) FROM process WHERE tracked = 1) AS p, (SELECT count(*) FROM library) AS l',
    );
    return row !== undefined && number(row, 'p') > 0 && number(row, 'l') >= libraries;
  });

export type SeenCall = {
  readonly op: string;
  readonly library: string;
  readonly pid: number;
  readonly tid: number;
  readonly start: number;
  readonly duration: number;
  readonly depth: number;
  readonly ret: number;
  readonly ptr: number | null;
  readonly args: ReadonlyMap<string, number>;
};

const argumentsOf = (json: string): ReadonlyMap<string, number> => {
  const parsed: unknown = JSON.parse(json);
  const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
  return new Map(entries.flatMap(([name, value]) => (typeof value === 'number' ? [[name, value] as const] : [])));
};

export type Seen = {
  readonly recording: Recording;
  readonly rows: (query: string, ...values: readonly (string | number)[]) => readonly Row[];
  /** One number: the first column named `n`. */
  readonly count: (query: string, ...values: readonly (string | number)[]) => number;
  /** Calls in the order of their start; of one process where it is given. */
  readonly calls: (pid?: number) => readonly SeenCall[];
  /** How many events are missing for a reason. */
  readonly lost: (reason: string) => number;
};

/** Opens a finished recording until the test ends. */
export const look = (owner: Owner, path: string): Seen => {
  const recording = openRecording(path);
  owner.after(() => recording.close());
  const rows = (query: string, ...values: readonly (string | number)[]) =>
    recording.database.prepare(query).all(...values);
  const count = (query: string, ...values: readonly (string | number)[]) => {
    const [row] = rows(query, ...values);
    return row === undefined ? 0 : number(row, 'n');
  };
  return {
    recording,
    rows,
    count,
    calls: (pid) =>
      rows(
        `SELECT * FROM calls ${pid === undefined ? '' : 'WHERE pid = ?'} ORDER BY start_ns, depth`,
        ...(pid === undefined ? [] : [pid]),
      ).map((row) => ({
        op: text(row, 'op'),
        library: text(row, 'library'),
        pid: number(row, 'pid'),
        tid: number(row, 'tid'),
        start: number(row, 'start_ns'),
        duration: number(row, 'duration_ns'),
        depth: number(row, 'depth'),
        ret: number(row, 'ret'),
        ptr: maybeNumber(row, 'ptr'),
        args: argumentsOf(text(row, 'args')),
      })),
    lost: (what) => count('SELECT coalesce(sum(count), 0) AS n FROM losses WHERE reason = ?', what),
  };
};

export type Recorded = Seen & { readonly path: string; readonly ended: Ended };

/** Records to the end and opens the result, which is held against what holds of every recording. */
export const record = async (
  owner: Owner,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Promise<Recorded> => {
  const path = join(freshFolder(owner), 'run.db');
  const ended = await startRecorder(owner, path, args, options).ended;
  if (!existsSync(path)) throw new Error(`no recording: ${ended.stderr}`);
  const seen = look(owner, path);
  isClosed(seen);
  return { path, ended, ...seen };
};
