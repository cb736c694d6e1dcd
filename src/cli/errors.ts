// Wrong usage of the command line. Exit code 2, one line, with what was probably meant.
import { defineError } from '../base/errors.ts';

const meant = (near: string | undefined, otherwise: string) =>
  near === undefined ? otherwise : `did you mean '${near}'?`;

type Named = { readonly name: string; readonly near: string | undefined };
type Of = { readonly command: string };

export const errors = {
  unknownCommand: defineError(
    'unknown_command',
    ({ name, near }: Named) => ({
      what: `unknown command '${name}'`,
      why: meant(near, 'there is no such command'),
      todo: "see 'whytrace --help'",
    }),
    2,
  ),
  unknownOption: defineError(
    'unknown_option',
    ({ name, near, command }: Named & Of) => ({
      what: `unknown option '${name}'`,
      why: meant(near, `${command} has no such option`),
      todo: `see 'whytrace ${command} --help'`,
    }),
    2,
  ),
  badValue: defineError(
    'bad_value',
    ({ name, value, wanted, command }: Of & { name: string; value: string; wanted: string }) => ({
      what: `bad value '${value}' for ${name}`,
      why: `it takes ${wanted}`,
      todo: `see 'whytrace ${command} --help'`,
    }),
    2,
  ),
  missingValue: defineError(
    'missing_value',
    ({ name, value, command }: Of & { name: string; value: string }) => ({
      what: `${name} needs a value`,
      why: `nothing follows it`,
      todo: `write it as ${name} ${value}; see 'whytrace ${command} --help'`,
    }),
    2,
  ),
  twice: defineError(
    'option_twice',
    ({ name, command }: Of & { name: string }) => ({
      what: `${name} is given more than once`,
      why: 'it can have one value only',
      todo: `give it once; see 'whytrace ${command} --help'`,
    }),
    2,
  ),
  tooManyWords: defineError(
    'too_many_arguments',
    ({ word, usage, command }: Of & { word: string; usage: string }) => ({
      what: `unexpected argument '${word}'`,
      why: `the usage is: whytrace ${command} ${usage}`,
      todo: `see 'whytrace ${command} --help'`,
    }),
    2,
  ),
  missingTool: defineError(
    'missing_tool',
    ({ known }: { known: readonly string[] }) => ({
      what: 'no tool is named',
      why: `ask needs one of ${known.join(', ')}`,
      todo: "see 'whytrace ask --list'",
    }),
    2,
  ),
  noCommand: defineError(
    'no_command',
    (_: Record<string, never>) => ({
      what: 'no command follows --',
      why: 'record -- CMD starts and records CMD',
      todo: "write it as: whytrace record -- CMD ARGS...; see 'whytrace record --help'",
    }),
    2,
  ),
  noImport: defineError(
    'no_import',
    (_: Record<string, never>) => ({
      what: 'no file is named',
      why: 'import needs the file of another tool',
      todo: "write it as: whytrace import FILE; see 'whytrace import --help'",
    }),
    2,
  ),
  unknownIncident: defineError(
    'unknown_incident',
    ({ name, near }: Named) => ({
      what: `unknown incident '${name}'`,
      why: meant(near, 'there is no such incident'),
      todo: "see 'whytrace demo --list'",
    }),
    2,
  ),
  demoFailed: defineError('demo_failed', ({ command, code }: { command: string; code: number }) => ({
    what: 'the demo could not be played',
    why: `${command} ended with code ${code}`,
    todo: 'run it by itself to see what it says',
  })),
  demoNeeds: defineError('demo_needs', ({ name, program }: { name: string; program: string }) => ({
    what: `the demo ${name} cannot be played`,
    why: `there is no program ${program}`,
    todo: 'install it (ip and tc are in the package iproute2)',
  })),
  binaryToTerminal: defineError(
    'binary_to_terminal',
    ({ format }: { format: string }) => ({
      what: `${format} is not written to a terminal`,
      why: 'it is no text',
      todo: "name a file with -o FILE, or send it into a pipe; '--format folded' is text",
    }),
    2,
  ),
} as const;
