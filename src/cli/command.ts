// What a command of the shell is: declared as data, from which the parser, the help text and the documents are derived.
import type { Arguments } from './arguments.ts';

export type OptionSpec = {
  readonly type: 'flag' | 'text' | 'integer' | 'time';
  /** One letter. */
  readonly short?: string;
  /** Word for the value in the help: FILE, N. */
  readonly value?: string;
  /** What happens without it, in words. */
  readonly default?: string;
  /** May be given several times. */
  readonly repeat?: true;
  readonly doc: string;
};

export type Options = Readonly<Record<string, OptionSpec>>;

export type Details = { readonly about?: string; readonly options: Options };

export type Command = {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Everything after the name of the command, as in a manual: `[FILE] [OPTIONS]`. */
  readonly usage: string;
  /** A few sentences: what it does, what comes out. */
  readonly about: string;
  readonly options: Options;
  /** What depends on the words given: the options and the description of the tool that is asked. */
  readonly details?: (words: readonly string[]) => Promise<Details>;
  /** Words that it takes besides options, at most. */
  readonly words: number;
  /** Whether `-- CMD ARGS...` may follow. */
  readonly rest?: true;
  readonly examples: readonly { readonly line: string; readonly doc: string }[];
  /** Does the work; heavy parts are imported inside. Returns the exit code. */
  readonly run: (args: Arguments) => Promise<number>;
};
