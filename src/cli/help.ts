// Help texts, derived from the declarations of the commands.
import { tableLines } from '../serve/render/table.ts';
import { commonOptions } from './arguments.ts';
import type { Command, Details, OptionSpec, Options } from './command.ts';

const WIDTH = 100;

const wrap = (text: string): readonly string[] => {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
};

const optionNames = (name: string, { type, short, value }: OptionSpec): string =>
  `${short === undefined ? '    ' : `-${short}, `}--${name.replaceAll('_', '-')}${type === 'flag' ? '' : ` ${value ?? 'VALUE'}`}`;

const optionLines = (options: Options): readonly string[] =>
  tableLines(
    ['', ''],
    Object.entries(options).map(([name, spec]) => [
      optionNames(name, spec),
      [
        spec.doc,
        ...(spec.repeat ? ['may be repeated'] : []),
        ...(spec.default === undefined ? [] : [`default: ${spec.default}`]),
      ].join('; '),
    ]),
  );

const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

/** The help of one command; `details` are those of its words. */
export const commandHelp = (command: Command, details: Details): string =>
  [
    `whytrace ${command.name}: ${command.summary}`,
    '',
    `usage: whytrace ${command.name} ${command.usage}`,
    '',
    ...wrap(details.about ?? command.about),
    '',
    'options:',
    ...indented(optionLines({ ...details.options, ...command.options, ...commonOptions })),
    '',
    'examples:',
    ...command.examples.flatMap(({ line, doc }) => [`  ${line}`, `      ${doc}`]),
    '',
  ].join('\n');

/** The help of the program. */
export const programHelp = (commands: readonly Command[]): string =>
  [
    'whytrace: why was this slow? Records what the kernel sees of a program, and explains it.',
    '',
    'usage: whytrace COMMAND [OPTIONS]',
    '',
    'commands:',
    ...indented(
      tableLines(
        ['', ''],
        commands.map(({ name, summary }) => [name, summary]),
      ),
    ),
    '',
    "'whytrace help COMMAND' or 'whytrace COMMAND --help' explains one of them; '--version' shows the version.",
    '',
  ].join('\n');
