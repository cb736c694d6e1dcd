// Another program takes the lock for writing, for a moment or for longer than the recorder waits.
import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { lab, startRecorder, untilRecording } from '../../test/kernel/recorder.ts';
import { worse } from '../compile.ts';
import type { Scenario } from '../scenario.ts';
import { judge } from '../verdict.ts';

const TRYING_MS = 3000;
/** Recordings, until the lock is taken in one. */
const ATTEMPTS = 3;

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
    // Between two commits it has no lock for a few us only: too short to be met by chance.
    const env = worse(stage, { CHAOS_UNLOCK_US: '500' });
    for (let attempt = 1; ; attempt++) {
      const program = ['--', lab('storm'), '--rate', '5000', '--seconds', '4'];
      const recorder = startRecorder(stage, path, program, { env });
      await untilRecording(path);
      const other = new DatabaseSync(path, { timeout: 0 });
      let isHeld = false;
      try {
        if (takeLock(other)) {
          // An end that came before is told of in the meantime.
          await sleep(20);
          isHeld = !recorder.hasEnded();
          await sleep(stage.chance(0, 1) === 0 ? 300 : 4000);
          other.exec('ROLLBACK');
        }
      } finally {
        other.close();
      }
      const outcome = judge(path, await recorder.ended);
      if (isHeld || !outcome.ok) return outcome;
      if (attempt === ATTEMPTS) return { ...outcome, ok: false, why: 'the lock was never taken' };
      // The next one is looked at while it is written.
      for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
    }
  },
};
