// Imports a file that a test built, and reads the recording that comes of it. For tests only.
import { type ForeignFile, type ForeignVersion, foreign } from '../../test/foreign.ts';
import { openRecording } from '../store/open-recording.ts';
import type { Recording } from '../store/recording.ts';
import { type ImportResult, importFile } from './import-file.ts';

/** Returns what `read` returns; leaves nothing behind. */
export const imported = <T>(
  build: (file: ForeignFile) => void,
  read: (recording: Recording, result: ImportResult) => T,
  version: ForeignVersion = '0.8',
): T => {
  const file = foreign(version);
  try {
    build(file);
    const result = importFile({ from: file.done(), to: file.output, version: '9.9.9' });
    const recording = openRecording(file.output);
    try {
      return read(recording, result);
    } finally {
      recording.close();
    }
  } finally {
    file.remove();
  }
};

/** Rows of a query as plain arrays. */
export const rows = (recording: Recording, sql: string): readonly (readonly unknown[])[] =>
  recording.database
    .prepare(sql)
    .all()
    .map((row) => Object.values(row));
