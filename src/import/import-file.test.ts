// What happens to files: the one that is read is never changed, and the one that is written is whole or not there.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { FIRST, type ForeignFile, foreign } from '../../test/foreign.ts';
import { UserError } from '../base/errors.ts';
import { openRecording } from '../store/open-recording.ts';
import { importFile } from './import-file.ts';

const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
const codeOf = (code: string) => (thrown: unknown) => thrown instanceof UserError && thrown.parts.code === code;
const VERSION = '9.9.9';

const withFile = (check: (file: ForeignFile) => void, version: '0.7' | '0.8' | '0.10' = '0.8') => {
  const file = foreign(version);
  try {
    check(file);
  } finally {
    file.remove();
  }
};
const fill = (file: ForeignFile) => {
  file.session();
  file.name(100, 'python3');
  for (let i = 0; i < 200; i++) {
    file.call(1, 3, i * 1e6, 5_000, { arg0: 4096 });
    file.off(i * 1e6 + 10_000, 40_000);
  }
};

test('the file and its folder are as they were', () => {
  withFile((file) => {
    fill(file);
    const from = file.done();
    const before = [hash(from), statSync(from).mtimeMs, readdirSync(file.folder)];
    const { taken, kept } = importFile({ from, to: `${file.folder}/x.db`, version: VERSION });
    assert.deepEqual([taken.calls, taken.waits, kept], [200, 200, undefined]);
    assert.deepEqual(
      [hash(from), statSync(from).mtimeMs, readdirSync(file.folder).filter((name) => name !== 'x.db')],
      before,
    );
  });
});

test('a log beside the file is read too, and neither is changed', () => {
  withFile((file) => {
    fill(file);
    // Still open: what was written is in its log.
    const [from, wal] = [file.path, `${file.path}-wal`];
    assert.ok(statSync(wal).size > 0);
    const copy = `${file.folder}/copy.db`;
    copyFileSync(from, copy);
    copyFileSync(wal, `${copy}-wal`);
    const before = [hash(copy), hash(`${copy}-wal`), readdirSync(file.folder)];
    assert.equal(importFile({ from: copy, to: `${file.folder}/x.db`, version: VERSION }).taken.calls, 200);
    const names = readdirSync(file.folder).filter((name) => name !== 'x.db');
    assert.deepEqual([hash(copy), hash(`${copy}-wal`), names], before);
  });
});

test('an older recording is kept, anything else is not replaced', () => {
  withFile((file) => {
    fill(file);
    const options = { from: file.done(), to: file.output, version: VERSION };
    importFile(options);
    assert.equal(importFile(options).kept, `${file.output}.old`);
    assert.ok(existsSync(`${file.output}.old`));
    writeFileSync(`${file.folder}/notes.txt`, 'mine');
    assert.throws(() => importFile({ ...options, to: `${file.folder}/notes.txt` }), codeOf('output_exists'));
    assert.throws(() => importFile({ ...options, to: file.path }), codeOf('output_is_input'));
    assert.throws(
      () => importFile({ ...options, from: file.output, to: `${file.folder}/y.db` }),
      codeOf('already_a_recording'),
    );
    assert.equal(readFileSync(`${file.folder}/notes.txt`, 'utf8'), 'mine');
  });
});

test('a file that cannot be imported says why, and nothing is written', () => {
  withFile((file) => {
    const other = `${file.folder}/file`;
    const refused = (code: string, from = other) => {
      assert.throws(() => importFile({ from, to: file.output, version: VERSION }), codeOf(code));
      assert.equal(existsSync(file.output), false);
    };
    refused('file_not_found');
    refused('not_sqlite', file.folder);
    writeFileSync(other, '');
    refused('not_sqlite');
    writeFileSync(other, 'not a database, but long enough to be one: '.repeat(10));
    refused('not_sqlite');
    refused('nothing_to_import', file.done());
    const strange = new DatabaseSync(`${file.folder}/strange.db`);
    strange.exec('CREATE TABLE cats (name); CREATE TABLE dogs (name)');
    strange.close();
    assert.throws(
      () => importFile({ from: `${file.folder}/strange.db`, to: file.output, version: VERSION }),
      (thrown) =>
        codeOf('foreign_tool_unknown')(thrown) &&
        String(thrown).includes('cats, dogs') &&
        String(thrown).includes('Ingero'),
    );
  });
  withFile((file) => {
    fill(file);
    assert.throws(
      () => importFile({ from: file.done(), to: file.output, version: VERSION }),
      codeOf('foreign_version_unknown'),
    );
  }, '0.7');
});

test('a file that is damaged further on leaves no half recording, and the older one where it was', () => {
  withFile((file) => {
    for (let i = 0; i < 5_000; i++) file.call(1, 3, i * 1e6, 5_000);
    const from = file.done();
    importFile({ from, to: file.output, version: VERSION });
    const before = hash(file.output);
    truncateSync(from, Math.floor(statSync(from).size / 8192) * 4096);
    assert.throws(() => importFile({ from, to: file.output, version: VERSION }), UserError);
    assert.equal(hash(file.output), before);
    assert.deepEqual(readdirSync(file.folder).sort(), ['other.db', 'out.db']);
  });
});

test('whatever the bytes, it is a recording that opens or an error for the user', () => {
  withFile((file) => {
    fill(file);
    file.claim('c', 'cudaLaunchKernel', 5, '9 sched_switch events');
    file.sum(0, 1, 3, 100, 210, 200, 1_050_000, 5_000);
    const bytes = readFileSync(file.done());
    const from = `${file.folder}/mutated.db`;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.option(fc.nat(bytes.length), { nil: undefined, freq: 8 }),
        (changes, length) => {
          const mutated = Buffer.from(bytes.subarray(0, length ?? bytes.length));
          for (const [at, value] of changes) if (at < mutated.length) mutated[at] = value;
          writeFileSync(from, mutated);
          try {
            importFile({ from, to: file.output, version: VERSION });
          } catch (thrown) {
            assert.ok(thrown instanceof UserError, String(thrown));
            return;
          }
          const recording = openRecording(file.output);
          assert.ok(recording.window.end_ns >= 0);
          recording.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});

test('whatever the columns hold, rows that make sense are taken and the others counted', () => {
  withFile((file) => {
    fill(file);
    const bytes = readFileSync(file.done());
    const from = `${file.folder}/changed.db`;
    const change = fc.tuple(
      fc.constantFrom('timestamp', 'pid', 'tid', 'source', 'op', 'duration', 'arg0', 'arg1', 'ret_code', 'stack_hash'),
      fc.oneof(
        fc.constantFrom<string | number | bigint>('', 'x', -1, 2 ** 40, -(2n ** 63n), 2n ** 63n - 1n, 0.5, FIRST),
        fc.string(),
      ),
      fc.integer({ min: 1, max: 400 }),
    );
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 10 }), (changes) => {
        writeFileSync(from, bytes);
        const database = new DatabaseSync(from);
        for (const [column, value, id] of changes)
          database.prepare(`UPDATE events SET ${column} = ? WHERE id = ?`).run(value, id);
        database.close();
        const { taken, left_out } = importFile({ from, to: file.output, version: VERSION });
        const left = left_out.reduce((sum, { count }) => sum + count, 0);
        const all = taken.calls + taken.waits + taken.block_requests + left;
        assert.ok(taken.calls + taken.waits >= 400 - 2 * changes.length && all <= 400, `${all}`);
        openRecording(file.output).close();
      }),
      { numRuns: 30 },
    );
  });
});
