// Readers that come and go beside a recording: each reads in one transaction for some seconds, while what is written can only be
// put at the end of the log. Knows a file, not who writes it.
import { openRecording } from '../src/store/open-recording.ts';
import type { Recording } from '../src/store/recording.ts';

const EACH_MS = 23_000;
const STAY_MS = 3000;

/** Begins with one after some seconds. `stop` ends the one that is there, and tells how many there were. */
export const startVisits = (path: string): { readonly stop: () => number } => {
  let visits = 0;
  let there: Recording | undefined;
  const leave = () => {
    there?.close();
    there = undefined;
  };
  const come = () => {
    try {
      there = openRecording(path);
      there.opTotals();
      visits++;
    } catch {
      // There is no file yet, or no recorder any more.
      leave();
    }
    leaving = setTimeout(leave, STAY_MS);
  };
  let leaving: NodeJS.Timeout | undefined;
  const coming = setInterval(come, EACH_MS);
  return {
    stop: () => {
      clearInterval(coming);
      clearTimeout(leaving);
      leave();
      return visits;
    },
  };
};
