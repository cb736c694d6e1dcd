// What is fuzzed: a reader of bytes that strangers may have written, inputs to begin with, and what must hold.
import type fc from 'fast-check';
import { UserError } from '../src/base/errors.ts';

export type Opened = {
  /** Inputs as they should be, which are changed at random. */
  readonly seeds: readonly Uint8Array[];
  /** Inputs made by rules, besides. */
  readonly made?: fc.Arbitrary<string>;
  /** Reads what is as it should be. Throws unless it is understood: a reader that refuses everything would never fail. */
  readonly sound: () => void | Promise<void>;
  /** Reads one input. Throws for what must not happen; see `refusing`. */
  readonly check: (input: Buffer) => void | Promise<void>;
  readonly close?: () => void | Promise<void>;
};

export type Target = {
  /** What `--only` takes. */
  readonly name: string;
  readonly doc: string;
  /** Why it cannot be fuzzed on this machine, if it cannot: then it is not opened. */
  readonly missing?: () => string | undefined;
  readonly open: () => Opened | Promise<Opened>;
};

/** Throws unless a reader found what is there. */
export const holds = (what: string, isSo: boolean): void => {
  if (!isSo) throw new Error(`what is sound is not read: ${what}`);
};

/** Runs a reader that may refuse what it is given, in words for a user and nothing else. Returns what it returns. */
export const refusing = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof UserError) return undefined;
    throw thrown;
  }
};

/** The same for what takes its time. */
export const refusingLater = async <T>(read: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await read();
  } catch (thrown) {
    if (thrown instanceof UserError) return undefined;
    throw thrown;
  }
};
