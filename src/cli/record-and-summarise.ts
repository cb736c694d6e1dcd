// Runs a recording with its live line and its summary: for the commands `record` and `demo`.
import { type RunOptions, runRecording } from '../record/run.ts';
import { err } from './print.ts';
import { liveLine, summaryLines } from './record-words.ts';
import { VERSION } from './version.ts';

const REFRESH_MS = 250;

export type RecordOptions = Omit<RunOptions, 'version' | 'onReady' | 'onInterrupt'> & {
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
      onReady: (started, { kept, readyMs }) => {
        if (kept !== undefined) say(`whytrace: the older recording is now ${kept}\n`);
        if (!terminal) return;
        const what = selection.command[0] ?? `${started.processes.tracked().length} processes`;
        say(`whytrace: recording ${what} into ${path} (ready in ${Math.round(readyMs)} ms); Ctrl-C stops\n`);
        live = setInterval(() => err(`\r\x1b[K${liveLine(started.progress(), process.stderr.columns)}`), REFRESH_MS);
      },
      onInterrupt: clearLine,
    });
    clearLine();
    if (summary) for (const line of summaryLines(path, session)) say(`${line}\n`);
    if (failure !== undefined) throw failure;
    if (goesOn !== undefined && terminal)
      say(`whytrace: ${selection.command[0]} goes on, unrecorded; Ctrl-C ends it\n`);
    return exitCode ?? (await goesOn) ?? 0;
  } finally {
    if (live !== undefined) clearLine();
  }
};
