// Another program takes the lock for writing, for a moment or for longer than the recorder waits.
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { lab, startRecorder, untilRecording } from '../../test/kernel/recorder.ts';
import type { Scenario } from '../scenario.ts';
import { judge } from '../verdict.ts';

const TRYING_MS = 3000;

/** Takes the lock at the moment between two commits; false when that was never met. */
const takeLock = (database: DatabaseSync): boolean => {
  const end = performance.now() + TRYING_MS;
  while (performance.now() < end) {
    try {
      database.exec('BEGIN IMMEDIATE');
      return true;
    } catch {
      // The recorder has it.
    }
  }
  return false;
};

export const locked: Scenario = {
  name: 'locked',
  doc: 'another writer holds the lock for 0.3 s, or for 4 s',
  runs: 6,
  run: async (stage) => {
    const { path } = stage;
    const recorder = startRecorder(stage, path, ['--', lab('storm'), '--rate', '5000', '--seconds', '4']);
    await untilRecording(path);
    const other = new DatabaseSync(path, { timeout: 0 });
    try {
      if (takeLock(other)) await sleep(stage.chance(0, 1) === 0 ? 300 : 4000);
      if (other.isTransaction) other.exec('ROLLBACK');
    } finally {
      other.close();
    }
    return judge(path, await recorder.ended);
  },
};
