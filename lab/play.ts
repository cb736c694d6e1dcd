// Plays an incident once while whytrace records it, and asks as a user would. Knows the command line of whytrace, not its code.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChainsText, readAnswer } from './answer.ts';
import type { Incident, Play } from './incident.ts';
import { leaveShare, makeEstate, missingForGroup, missingForLink } from './machine/estate.ts';
import { type Program, startProgram } from './machine/program.ts';
import { createRandom } from './machine/random.ts';

const root = new URL('..', import.meta.url).pathname;
const launcher = `${root}bin/whytrace`;
const PATIENCE_MS = 30_000;
/** No play lasts so long. */
const LONGEST_MS = 20_000;

/** Why this machine cannot play it, or undefined. */
export const missingFor = ({ needs = [] }: Pick<Incident, 'needs'>): string | undefined =>
  needs.map((what) => (what === 'link' ? missingForLink() : missingForGroup(what))).find((one) => one !== undefined);

export type Played = {
  readonly recording: string;
  /** The victim's log first. */
  readonly logs: readonly string[];
  readonly answer: ChainsText;
  /** From the question to the answer, as a shell sees it. */
  readonly seconds: number;
};

const build = (): string => {
  execFileSync('sh', [`${root}lab/cudasim/build.sh`], { stdio: ['ignore', 'ignore', 'inherit'] });
  return `${root}lab/cudasim/build/actor`;
};

/** The command of a play, and the environment that tells it where its log goes. */
const commandOf = (folder: string, name: string, { script, command, inside = [], env = {} }: Play) => {
  const log = join(folder, `${name}.truth`);
  if (script !== undefined) writeFileSync(join(folder, `${name}.script`), script);
  const program = command ?? [build(), join(folder, `${name}.script`)];
  return { log, command: [...inside, ...program], env: { ACTOR_TRUTH: log, CUDASIM_KERNEL_US: '200', ...env } };
};

const until = async (what: string, holds: () => boolean): Promise<void> => {
  const end = performance.now() + PATIENCE_MS;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited ${PATIENCE_MS} ms in vain until ${what}`);
    await sleep(10);
  }
};

/** Asks as a shell does, without any hint. */
const ask = (recording: string): Pick<Played, 'answer' | 'seconds'> => {
  const began = performance.now();
  const said = execFileSync(launcher, ['ask', 'get_causal_chains', '--json', '--db', recording], { encoding: 'utf8' });
  return { answer: readAnswer(said), seconds: (performance.now() - began) / 1000 };
};

/** Records one play of an incident and asks why it was slow; `use` may look at the files, which are gone afterwards. */
export const playOnce = async <T>(
  incident: Pick<Incident, 'name' | 'cast'>,
  { seed, faulty }: { readonly seed: number; readonly faulty: boolean },
  use: (played: Played) => T | Promise<T>,
): Promise<T> => {
  const estate = makeEstate();
  const programs: Program[] = [];
  try {
    const cast = incident.cast({ random: createRandom(seed, incident.name), faulty, estate });
    const recording = join(estate.folder, 'run.db');
    const victim = commandOf(estate.folder, 'victim', cast.victim);
    const others = (cast.others ?? []).map((play, i) => commandOf(estate.folder, `other${i}`, play));
    const recorder = startProgram([launcher, 'record', '-q', '-o', recording, '--', ...victim.command], victim.env);
    programs.push(recorder);
    await until('the victim begins', () => existsSync(victim.log) || recorder.hasEnded());
    // Kernel threads that work for the victim are outside of the lab's share; a recorder inside would come before them.
    leaveShare(recorder.pid);
    for (const { command, env } of others) programs.push(startProgram(command, env));
    const late = setTimeout(() => void recorder.end(), LONGEST_MS);
    const ended = await recorder.ended;
    clearTimeout(late);
    for (const program of programs) await program.end();
    const failed = (await Promise.all(programs.slice(1).map((program) => program.ended))).find(({ stderr }) => stderr);
    if (ended.code !== 0 || failed !== undefined)
      throw new Error(`${incident.name} could not be played: ${ended.stderr}${failed?.stderr ?? ''}`);
    const logs = [victim.log, ...others.map(({ log }) => log)].filter((log) => existsSync(log));
    return await use({ recording, logs, ...ask(recording) });
  } finally {
    for (const program of programs) await program.end();
    estate.clear();
  }
};

/** Keeps the files of a play in a folder, under a name. */
export const keepPlay = (folder: string, name: string, { recording, logs, answer }: Played): void => {
  mkdirSync(folder, { recursive: true });
  const at = (ending: string) => join(folder, `${name}.${ending}`);
  copyFileSync(recording, at('db'));
  for (const [i, log] of logs.entries()) copyFileSync(log, at(`${i}.truth`));
  writeFileSync(at('json'), `${JSON.stringify(answer, null, 1)}\n`);
};

/** Asks a recording that was kept once more, with the engine as it is now. Undefined where there is none of that name. */
export const playKept = (folder: string, name: string): Played | undefined => {
  const recording = join(folder, `${name}.db`);
  if (!existsSync(recording)) return undefined;
  const logs = readdirSync(folder)
    .filter((file) => file.startsWith(`${name}.`) && file.endsWith('.truth'))
    .sort()
    .map((file) => join(folder, file));
  return { recording, logs, ...ask(recording) };
};
