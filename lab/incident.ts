// What an incident of the lab is: who plays what, with the fault or without it (its healthy twin), and what is true of it.
import type { RootKind } from '../src/catalogue/root-kinds.ts';
import type { Estate } from './machine/estate.ts';
import type { Random } from './machine/random.ts';

export const families = [
  'scheduler',
  'lock',
  'gil',
  'quota',
  'disk',
  'writeback',
  'page_fault',
  'memory',
  'network',
  'ipc',
  'child',
  'signal',
  'irq',
  'sleep',
  'gpu',
  'first_call',
  'own_code',
  'observer',
  'multi',
] as const;
export type Family = (typeof families)[number];

/** A play of some processes: a script for the actor, or a command that writes the same log to $ACTOR_TRUTH. */
export type Play = {
  readonly script?: string;
  readonly command?: readonly string[];
  /** What comes before the command: enter a network namespace. */
  readonly inside?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

export type Cast = {
  /** The program that the user asks about; its first thread is the victim. */
  readonly victim: Play;
  /** Programs beside it that nobody traces, started when the victim begins. */
  readonly others?: readonly Play[];
};

export type Root = {
  /** Classes that are right; usually one. */
  readonly kinds: readonly RootKind[];
  /** Names of actors of which one is the culprit ("self" is the victim), or what names the thing. Both: either. */
  readonly who?: readonly string[];
  readonly what?: RegExp;
};

export type Run = {
  readonly random: Random;
  /** False in the healthy twin: the same code, without the fault. */
  readonly faulty: boolean;
  readonly estate: Estate;
};

export type Incident = {
  readonly name: string;
  readonly family: Family;
  /** What happens, in one sentence. */
  readonly doc: string;
  /** What it must be able to use: a cgroup controller, or "link". */
  readonly needs?: readonly string[];
  readonly cast: (run: Run) => Cast;
  /** The victim's time without a CPU is time out of quota, not behind others. */
  readonly throttled?: boolean;
  /** Steps that wait for a thing between them and the other side, which does something else meanwhile. */
  readonly ends?: readonly string[];
  readonly root: Root;
  /** Kinds of the edges from the victim to the root, in their order. */
  readonly path: readonly RootKind[];
};

/** A program with nothing to be found. */
export type Control = Pick<Incident, 'name' | 'doc' | 'needs' | 'cast'>;

/** When the healthy beginning ends and when the play ends, in ms since it began. */
const isShort = process.env.WHYTRACE_LAB_SHORT === '1';
export const FAULT_MS = isShort ? 700 : 1500;
export const END_MS = isShort ? 2000 : 4500;

/** A loop of a script that lasts from one moment to another, in ms. */
export const during = (from: number, to: number, ...steps: readonly string[]): string =>
  [`during ${from} ${to}`, ...steps, 'end'].join('\n');

/** The healthy beginning of a loop and then its faulty rest. */
export const turning = (healthy: readonly string[], faulty: readonly string[]): string =>
  [during(0, FAULT_MS, ...healthy), during(FAULT_MS, END_MS, ...faulty)].join('\n');

/** A step of a training loop: launches, work of its own while the device is busy with them (4 ms), and a wait for the device. */
export const step = (...inside: readonly string[]): readonly string[] => ['launch 20', ...inside, 'sync'];

/** A producer that takes one of these ("await 9") for each of its works is at most two ahead of who posts them. */
export const AHEAD: readonly string[] = ['post 9', 'post 9'];

export const script = (...lines: readonly string[]): string => `${lines.join('\n')}\n`;
