// Whether a recording was closed, is still being written, or was left by a recorder that died.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Recording } from './recording.ts';

/** Whether the process runs whytrace; a reused pid of another program does not count. */
const isRecorder = (pid: number): boolean => {
  try {
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return commandLine.includes('whytrace') || commandLine.includes('src/cli/main.ts');
  } catch {
    return false;
  }
};

/** complete: closed; live: its recorder still runs on this host; cut: it ended without closing the file, also if it was finished later. */
export const recordingState = (facts: ReadonlyMap<string, string>): Recording['state'] => {
  const state = facts.get('state');
  if (state === 'complete' || state === 'cut') return state;
  const pid = Number(facts.get('recorder_pid'));
  return Number.isSafeInteger(pid) && pid > 0 && facts.get('host') === hostname() && isRecorder(pid) ? 'live' : 'cut';
};
