// Imports the recording of another tool: finds out whose it is, has it read, and leaves either a whole recording or none.
import { existsSync, realpathSync, rmSync } from 'node:fs';
import { messageOf, systemCodeOf, UserError } from '../base/errors.ts';
import { errors as storeErrors } from '../store/errors.ts';
import type { EvidenceKey } from '../store/evidence/key.ts';
import { COMPANIONS, openForeign } from '../store/open.ts';
import { prepareOutput, putBack } from '../store/prepare-output.ts';
import { WrongColumn } from '../store/row.ts';
import { RecordingWriter } from '../store/writer.ts';
import { errors } from './errors.ts';
import type { Imported, ImportParts } from './importer.ts';
import { importers } from './importers.ts';
import { readTables } from './read-tables.ts';

export type ImportOptions = {
  /** File of the other tool: it is not changed, and nothing is left beside it. */
  readonly from: string;
  readonly to: string;
  /** Of this program, kept in the recording. */
  readonly version: string;
  /** Seals the recording; without it there are no seals. */
  readonly key?: EvidenceKey | undefined;
  readonly onProgress?: ImportParts['onProgress'];
};

export type ImportResult = Imported & {
  /** Where an older recording was moved to. */
  readonly kept: string | undefined;
};

const isSame = (a: string, b: string): boolean => existsSync(a) && existsSync(b) && realpathSync(a) === realpathSync(b);

const takeAway = (path: string) => {
  for (const companion of ['', ...COMPANIONS]) rmSync(path + companion, { force: true });
};

/** Whether an error of SQLite comes from the disk that is written to. */
const isOutput = (thrown: unknown): boolean => /disk is full|disk I\/O error|readonly database/.test(messageOf(thrown));

const asUserError = (thrown: unknown, { from, to }: ImportOptions): unknown => {
  if (thrown instanceof UserError) return thrown;
  const why = messageOf(thrown);
  const bySqlite = systemCodeOf(thrown) === 'ERR_SQLITE_ERROR';
  if (bySqlite && isOutput(thrown)) return storeErrors.writeFailed({ path: to, why }, thrown);
  return bySqlite || thrown instanceof WrongColumn || systemCodeOf(thrown) === 'ERR_OUT_OF_RANGE'
    ? errors.damaged({ path: from, why }, thrown)
    : thrown;
};

/**
 * Imports a file into a new recording; an older recording there is kept as FILE.old. Throws a UserError when the file is
 * missing, damaged or of no known tool, or the recording cannot be written; then there is no new recording.
 */
export const importFile = (options: ImportOptions): ImportResult => {
  const { from, to } = options;
  if (isSame(from, to)) throw errors.sameFile({ path: to });
  const foreign = openForeign(from);
  let writer: RecordingWriter | undefined;
  let kept: string | undefined;
  let done = false;
  try {
    const tables = readTables(foreign.database);
    const importer = importers.find(({ recognises }) => recognises(tables));
    if (importer === undefined)
      throw errors.unknownTool({ path: from, found: [...tables.keys()], known: importers.map(({ reads }) => reads) });
    const imported = importer.run({
      path: from,
      database: foreign.database,
      tables,
      begin: (facts) => {
        kept = prepareOutput(to).kept;
        writer = new RecordingWriter(
          to,
          { ...facts, version: options.version, recorder_pid: process.pid },
          options.key,
        );
        return writer;
      },
      onProgress: options.onProgress ?? (() => {}),
    });
    writer?.close(imported.end_ns);
    done = true;
    return { ...imported, kept };
  } catch (thrown) {
    throw asUserError(thrown, options);
  } finally {
    foreign.close();
    if (!done && writer !== undefined) {
      writer.abandon();
      takeAway(to);
    }
    if (!done) putBack(to, kept);
  }
};
