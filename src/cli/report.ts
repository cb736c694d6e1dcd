// How a failure looks on stderr: one line. The place in the program is shown only to those who ask for it.
import { messageOf, UserError } from '../base/errors.ts';

export type Report = { readonly text: string; readonly exitCode: number };

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

/** The text for stderr and the exit code of anything that was thrown. `debug`: show the stack of a fault of the program. */
export const reportOf = (thrown: unknown, debug: boolean): Report => {
  if (thrown instanceof UserError) return { text: `whytrace: ${oneLine(thrown.message)}\n`, exitCode: thrown.exitCode };
  if (debug && thrown instanceof Error) return { text: `${thrown.stack}\n`, exitCode: 1 };
  const message = oneLine(messageOf(thrown));
  return {
    text: `whytrace: internal error: ${message}; set WHYTRACE_DEBUG=1 to see where, and please report it\n`,
    exitCode: 1,
  };
};
