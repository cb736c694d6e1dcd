// Runs one target on its corpus and on new inputs until something fails, time is over or there were enough. Knows no target.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { messageOf } from '../src/base/errors.ts';
import { inputsOf } from './inputs.ts';
import type { Target } from './target.ts';

/** Inputs between two looks at the clock. */
const BATCH = 100;
/** CPU time that one input may take, in ms: anything longer is a way to keep a program busy. */
const SLOW_MS = 10_000;
/** Time by the clock that one input may take, in ms: what is awaited and never comes uses no CPU. */
const LATE_MS = 60_000;
/** For making a smaller input of one that failed. */
const SHRINKING_MS = 60_000;

export type RunLimits = {
  readonly seed: number;
  /** Inputs at most, those of the corpus not counted. */
  readonly most: number;
  /** How long it takes at most, in ms from when the target is ready. */
  readonly ms: number;
  /** Told of each input before it is read. */
  readonly onInput?: (input: Buffer) => void;
};

export type Fault = { readonly seed: number; readonly input: Uint8Array; readonly why: string };
export type Outcome = { readonly inputs: number; readonly fault: Fault | undefined };

/** Inputs that once failed, or that a target begins with, by their file. */
export const corpusOf = (name: string): readonly Buffer[] => {
  const folder = fileURLToPath(new URL(`corpus/${name}/`, import.meta.url));
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((file) => readFileSync(folder + file));
};

/** Waits for a check, and throws when it does not come to its end. */
const inTime = async (checked: void | Promise<void>): Promise<void> => {
  if (checked === undefined) return;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`it did not end within ${LATE_MS} ms`)), LATE_MS);
  try {
    await Promise.race([checked, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};

const whyOf = (thrown: unknown): string =>
  thrown instanceof Error ? (thrown.stack ?? thrown.message) : messageOf(thrown);

/** Never throws for what an input does. */
export const runTarget = async (target: Target, { seed, most, ms, onInput }: RunLimits): Promise<Outcome> => {
  const opened = await target.open();
  const corpus = corpusOf(target.name);
  let inputs = 0;
  /** The input that is being read, until it is. */
  let last: { readonly input: Buffer; readonly end: Promise<void> } | undefined;
  const checkOne = async (input: Buffer): Promise<void> => {
    onInput?.(input);
    const began = process.cpuUsage();
    await inTime(opened.check(input));
    const { user, system } = process.cpuUsage(began);
    const took = (user + system) / 1000;
    if (took > SLOW_MS) throw new Error(`it took ${Math.round(took)} ms of CPU time`);
  };
  const check = (input: Buffer): Promise<void> => {
    inputs++;
    last = { input, end: checkOne(input) };
    return last.end;
  };
  /** The fault of what is done, if it has one. */
  const faultOf = async (input: Buffer, done: () => void | Promise<void>, of = seed): Promise<Fault | undefined> => {
    try {
      await done();
      return undefined;
    } catch (thrown) {
      return { seed: of, input, why: whyOf(thrown) };
    }
  };
  const search = async (): Promise<Fault | undefined> => {
    const unsound = await faultOf(Buffer.alloc(0), () => inTime(opened.sound()));
    if (unsound !== undefined) return unsound;
    for (const input of corpus) {
      const fault = await faultOf(input, () => checkOne(Buffer.from(input)));
      if (fault !== undefined) return fault;
    }
    const until = performance.now() + ms;
    const arbitrary = inputsOf({ ...opened, seeds: [...opened.seeds, ...corpus] });
    for (let batch = 0; inputs < most && performance.now() < until; batch++) {
      const found = await fc.check(fc.asyncProperty(arbitrary, check), {
        seed: seed + batch,
        numRuns: Math.min(BATCH, most - inputs),
        interruptAfterTimeLimit: Math.max(1000, Math.min(SHRINKING_MS, until - performance.now())),
        markInterruptAsFailure: false,
      });
      const [input] = found.counterexample ?? [];
      if (input !== undefined) return { seed: seed + batch, input, why: whyOf(found.errorInstance) };
      if (found.failed && !found.interrupted)
        return {
          seed: seed + batch,
          input: Buffer.alloc(0),
          why: `no input fits what is asked of one: ${found.numSkips}`,
        };
      // The one at which time was up has to come to its end too.
      const open = last;
      const late = open && (await faultOf(open.input, () => open.end, seed + batch));
      if (late !== undefined) return late;
    }
    return inputs > 0 ? undefined : { seed, input: Buffer.alloc(0), why: 'no input was tried' };
  };
  try {
    const fault = await search();
    return { inputs, fault };
  } finally {
    await opened.close?.();
  }
};
