// A recording that looks as large as those of which only some rows are read, and is small: each row stands where so many could
// be. For tests only.
import { DatabaseSync } from 'node:sqlite';
import { openRecording } from '../src/store/open-recording.ts';
import type { Recording } from '../src/store/recording.ts';
import type { Scene } from './recorded.ts';
import { scene } from './scene.ts';

/** Ids from one row to the next. */
const APART = 600;

/** The same rows and segments with ids that lie apart. */
const spread = (path: string): void => {
  const database = new DatabaseSync(path);
  for (const table of ['call', 'off_cpu'])
    database.exec(`
      UPDATE ${table} SET id = -id * ${APART};
      UPDATE ${table} SET id = -id;
      UPDATE segment SET first_id = (first_id - 1) * ${APART} + 1, last_id = last_id * ${APART} WHERE table_name = '${table}';`);
  database.close();
};

/** As `recorded` does it, with ids that lie apart. */
export const sparselyRecorded = <T>(build: (scene: Scene) => void, read: (recording: Recording) => T): T => {
  const made = scene();
  try {
    build(made);
    const path = made.done();
    spread(path);
    const recording = openRecording(path);
    try {
      return read(recording);
    } finally {
      recording.close();
    }
  } finally {
    made.remove();
  }
};
