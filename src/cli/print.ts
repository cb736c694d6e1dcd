// The two streams of the command line. Answers go to stdout, everything about the program to stderr.
import { styleFor, wantsColour } from '../serve/render/style.ts';

export const out = (text: string): void => {
  process.stdout.write(text);
};

export const err = (text: string): void => {
  process.stderr.write(text);
};

/** A whole file. */
export const outBytes = (bytes: Uint8Array): void => {
  process.stdout.write(bytes);
};

/** Data for programs: one line, or indented on a terminal. */
export const outJson = (data: unknown): void => out(`${JSON.stringify(data, null, process.stdout.isTTY ? 2 : 0)}\n`);

/** The emphasis that stdout takes. */
export const outStyle = () => styleFor(wantsColour(process.stdout));

/** A reader that stops reading, as `head` does, ends the program without a word. */
export const leaveWhenUnread = (): void => {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
};
