// Runs a recording with its live line and its summary: for the commands `record` and `demo`.
import { quotedName } from '../base/quote.ts';
import { type RunOptions, runRecording } from '../record/run.ts';
import { evidenceKey } from './evidence-key.ts';
import { err } from './print.ts';
import { liveLine, summaryLines } from './record-words.ts';
import { VERSION } from './version.ts';

const REFRESH_MS = 250;
const PROGRAM = 200;

const quoted = (program: string | undefined) => (program === undefined ? undefined : quotedName(program, PROGRAM));

export type RecordOptions = Omit<RunOptions, 'version' | 'key' | 'onReady' | 'onInterrupt'> & {
  /** Print errors only. */
  readonly quiet: boolean;
  readonly summary: boolean;
};

/** Records, and returns the exit code of the program that was recorded, 0 when there was none. */
export const recordAndSummarise = async ({ quiet, summary, ...options }: RecordOptions): Promise<number> => {
  const { path, selection } = options;
  const terminal = process.stderr.isTTY === true && !quiet;
  const say = (text: string) => {
    if (!quiet) err(text);
  };
  const { key, why } = evidenceKey();
  let live: NodeJS.Timeout | undefined;
  const clearLine = () => {
    clearInterval(live);
    live = undefined;
    if (terminal) err('\r\x1b[K');
  };
  try {
    const { session, exitCode, failure, goesOn } = await runRecording({
      ...options,
      version: VERSION,
      key,
      onReady: (started, { kept, readyMs }) => {
        if (kept !== undefined) say(`whytrace: the older recording is now ${kept}\n`);
        if (!terminal) return;
        const what = quoted(selection.command[0]) ?? `${started.processes.tracked().length} processes`;
        say(`whytrace: recording ${what} into ${path} (ready in ${Math.round(readyMs)} ms); Ctrl-C stops\n`);
        live = setInterval(() => err(`\r\x1b[K${liveLine(started.progress(), process.stderr.columns)}`), REFRESH_MS);
      },
      onInterrupt: clearLine,
    });
    clearLine();
    if (summary) for (const line of summaryLines(path, session)) say(`${line}\n`);
    if (why !== undefined) say(`note: the recording is not sealed: ${why}\n`);
    if (failure !== undefined) throw failure;
    if (goesOn !== undefined && terminal)
      say(`whytrace: ${quoted(selection.command[0])} goes on, unrecorded; Ctrl-C ends it\n`);
    return exitCode ?? (await goesOn) ?? 0;
  } finally {
    if (live !== undefined) clearLine();
  }
};
