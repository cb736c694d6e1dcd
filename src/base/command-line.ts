// The arguments of a program as one line that is fit to be kept and shown: clean, without secrets, cut.
import { redactArguments } from './redact.ts';
import { cleanText } from './sanitize.ts';

/** UTF-16 units that are kept of a line. */
const LINE = 256;
/** Of one argument that is looked at, and arguments: a secret may be long, and must not be cut into two halves. */
const ARGUMENT = 16_384;
const ARGUMENTS = 1000;

/**
 * One line of arguments, the program first. Cleaned first: a secret may hide behind characters that nobody sees. `keep` leaves
 * secrets in it.
 */
export const commandLine = (argv: readonly string[], keep: boolean): string => {
  const clean = argv.slice(0, ARGUMENTS).map((arg) => cleanText(arg, ARGUMENT));
  return cleanText((keep ? clean : redactArguments(clean).args).join(' '), LINE);
};
