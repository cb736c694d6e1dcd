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

const whyOf = (thrown: unknown): string =>
  thrown instanceof Error ? (thrown.stack ?? thrown.message) : messageOf(thrown);

/** Never throws for what an input does. */
export const runTarget = async (target: Target, { seed, most, ms, onInput }: RunLimits): Promise<Outcome> => {
  const opened = await target.open();
  const until = performance.now() + ms;
  const corpus = corpusOf(target.name);
  const check = async (input: Buffer): Promise<void> => {
    onInput?.(input);
    const began = process.cpuUsage();
    await opened.check(input);
    const { user, system } = process.cpuUsage(began);
    const took = (user + system) / 1000;
    if (took > SLOW_MS) throw new Error(`it took ${Math.round(took)} ms of CPU time`);
  };
  let inputs = 0;
  try {
    for (const input of corpus) {
      try {
        await check(Buffer.from(input));
      } catch (thrown) {
        return { inputs, fault: { seed, input, why: whyOf(thrown) } };
      }
    }
    const arbitrary = inputsOf({ ...opened, seeds: [...opened.seeds, ...corpus] });
    for (let batch = 0; inputs < most && performance.now() < until; batch++) {
      const found = await fc.check(fc.asyncProperty(arbitrary, check), {
        seed: seed + batch,
        numRuns: Math.min(BATCH, most - inputs),
        interruptAfterTimeLimit: Math.max(1000, Math.min(SHRINKING_MS, until - performance.now())),
        markInterruptAsFailure: false,
      });
      inputs += found.numRuns;
      const [input] = found.counterexample ?? [];
      if (found.failed && input !== undefined)
        return { inputs, fault: { seed: seed + batch, input, why: whyOf(found.errorInstance) } };
    }
    return { inputs, fault: undefined };
  } finally {
    await opened.close?.();
  }
};
