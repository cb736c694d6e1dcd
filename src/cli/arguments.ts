// Parses the words after a command by its declared options. Knows no command.
import { parseArgs } from 'node:util';
import { nearest } from '../base/nearest.ts';
import { parseTime } from '../serve/time-text.ts';
import type { OptionSpec, Options } from './command.ts';
import { errors } from './errors.ts';

/** The checked words of a command line. Asking for an option that was not declared is a bug and throws. */
export type Arguments = {
  readonly words: readonly string[];
  /** What follows `--`, undefined when there is none. */
  readonly rest: readonly string[] | undefined;
  readonly flag: (name: string) => boolean;
  readonly text: (name: string) => string | undefined;
  readonly texts: (name: string) => readonly string[];
  readonly integer: (name: string) => number | undefined;
  readonly integers: (name: string) => readonly number[];
  /** In ns. */
  readonly time: (name: string) => number | undefined;
};

type Usage = {
  readonly name: string;
  readonly usage: string;
  readonly words: number;
  readonly rest?: true;
  readonly options: Options;
};

/** Options of every command. */
export const commonOptions = {
  help: { type: 'flag', short: 'h', doc: 'show this help' },
} as const satisfies Options;

const checkValue = (command: string, name: string, { type }: OptionSpec, value: string): void => {
  if (type === 'integer' && !/^\d{1,15}$/.test(value))
    throw errors.badValue({ name, value, wanted: 'a whole number', command });
  if (type === 'time') parseTime(value);
};

/** Splits at the first `--`, which only some commands know. */
const splitRest = (argv: readonly string[]): readonly [readonly string[], readonly string[] | undefined] => {
  const at = argv.indexOf('--');
  return at < 0 ? [argv, undefined] : [argv.slice(0, at), argv.slice(at + 1)];
};

/** The option that a word names, whichever way its words are joined: `--max_bytes` is `--max-bytes`. */
const declaredName = (options: Options, name: string): string | undefined =>
  [name, name.replaceAll('-', '_'), name.replaceAll('_', '-')].find((spelled) => Object.hasOwn(options, spelled));

/** Checks the words after a command. Throws a UserError with exit code 2 for what the command does not take. */
export const parseArguments = (command: Usage, argv: readonly string[]): Arguments => {
  const options: Options = { ...command.options, ...commonOptions };
  const [own, after] = splitRest(argv);
  const spellings = Object.entries(options).flatMap(([name, spec]) =>
    [...new Set([name, name.replaceAll('_', '-')])].map(
      (spelled, i) => [spelled, i === 0 ? spec : { ...spec, short: undefined }] as const,
    ),
  );
  const { tokens } = parseArgs({
    args: [...own],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      spellings.map(([name, { type, short }]) => [
        name,
        { type: type === 'flag' ? 'boolean' : 'string', ...(short === undefined ? {} : { short }) },
      ]),
    ),
  });
  const values = new Map<string, string[]>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const name = declaredName(options, token.name);
    const spec = name === undefined ? undefined : options[name];
    if (name === undefined || spec === undefined) {
      const near = nearest(token.name, Object.keys(options));
      throw errors.unknownOption({
        name: token.rawName,
        near: near === undefined ? undefined : `--${near}`,
        command: command.name,
      });
    }
    const value = token.value;
    if (spec.type === 'flag') {
      if (value !== undefined)
        throw errors.badValue({ name: token.rawName, value, wanted: 'no value', command: command.name });
      values.set(name, ['yes']);
      continue;
    }
    if (value === undefined || value === '')
      throw errors.missingValue({ name: token.rawName, value: spec.value ?? 'VALUE', command: command.name });
    checkValue(command.name, token.rawName, spec, value);
    const before = values.get(name) ?? [];
    if (before.length > 0 && !spec.repeat) throw errors.twice({ name: token.rawName, command: command.name });
    values.set(name, [...before, value]);
  }
  const extra = command.rest ? undefined : after;
  const word = [...words.slice(command.words), ...(extra ?? [])][0];
  if (word !== undefined && !values.has('help'))
    throw errors.tooManyWords({ word, usage: command.usage, command: command.name });
  const texts = (name: string): readonly string[] => {
    if (!Object.hasOwn(options, name)) throw new Error(`${command.name} has no option ${name}`);
    return values.get(name) ?? [];
  };
  const text = (name: string): string | undefined => texts(name)[0];
  const numeric = (value: string | undefined): number | undefined => (value === undefined ? undefined : Number(value));
  return {
    words,
    rest: after,
    flag: (name) => texts(name).length > 0,
    text,
    texts,
    integer: (name) => numeric(text(name)),
    integers: (name) => texts(name).map(Number),
    time: (name) => {
      const value = text(name);
      return value === undefined ? undefined : parseTime(value);
    },
  };
};
