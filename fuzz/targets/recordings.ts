// Recordings, changed at random as bytes: every tool answers or refuses in words, `verify` says that something is wrong, and
// none of them hangs. What it calls intact must have every row of the one that was sealed.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SHELL_BUDGET } from '../../src/serve/tool.ts';
import { recordingTools } from '../../src/serve/tools.ts';
import { type Coverage, quoted, readCoverage } from '../../src/store/evidence/coverage.ts';
import { newKey } from '../../src/store/evidence/key.ts';
import { verifyRecording } from '../../src/store/evidence/verify.ts';
import { type Database, openDatabase } from '../../src/store/open.ts';
import { sealedScene } from '../../test/sealed.ts';
import { toolArguments } from '../../test/tool-arguments.ts';
import { holds, refusing, refusingLater, type Target } from '../target.ts';

const CALLS = 120;

const inDatabase = <T>(path: string, look: (database: Database) => T): T => {
  const database = openDatabase(path);
  try {
    return look(database);
  } finally {
    database.close();
  }
};

/** A hash of all rows of these tables: of the kind and the bytes of every value, in another way than `verify` makes its own. */
const digestOf = (path: string, tables: readonly Coverage[]): string =>
  inDatabase(path, (database) => {
    const hash = createHash('sha256');
    for (const { table, columns, key } of tables) {
      const values = columns.map(({ name }) => `typeof(${quoted(name)}) || hex(${quoted(name)})`);
      hash.update(`\n${table}\n`);
      for (const row of database
        .prepare(
          `SELECT ${values.join(" || ' ' || ")} AS line FROM ${quoted(table)} ORDER BY ${key.map(quoted).join(', ')}`,
        )
        .iterate())
        hash.update(`${row.line}\n`);
    }
    return hash.digest('hex');
  });

export const recordings: Target = {
  name: 'recordings',
  doc: 'recordings that were changed, by every tool',
  open: () => {
    const folder = mkdtempSync(join(tmpdir(), 'whytrace-fuzz-'));
    const path = join(folder, 'r.db');
    const key = newKey();
    const made = sealedScene(key, CALLS);
    const sealed = made.done();
    const whole = readFileSync(sealed);
    const tables = inDatabase(sealed, readCoverage);
    const digest = digestOf(sealed, tables);
    made.remove();
    const context = {
      path: () => path,
      check: async () => ({ ok: false, checks: [] }),
      budget: SHELL_BUDGET,
    };
    return {
      seeds: [whole],
      sound: async () => {
        writeFileSync(path, whole);
        holds('it is intact', verifyRecording(path, { ownKey: key.fingerprint }).verdict === 'intact');
        for (const tool of recordingTools)
          if ((await refusingLater(() => tool.call(toolArguments(tool.name), context))) === undefined)
            throw new Error(`${tool.name} refuses a recording as it should be`);
      },
      check: async (input) => {
        writeFileSync(path, input);
        const found = refusing(() => verifyRecording(path, { ownKey: key.fingerprint }));
        // Bytes of pages that are not in use belong to no row.
        if (found?.verdict === 'intact' && digestOf(path, tables) !== digest)
          throw new Error('intact, with other rows than those that were sealed');
        for (const tool of recordingTools) await refusingLater(() => tool.call(toolArguments(tool.name), context));
      },
      close: () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};
