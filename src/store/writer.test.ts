// The file that a recorder leaves, however it ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { scene } from '../../test/scene.ts';
import { openRecording } from './open-recording.ts';
import { RecordingWriter } from './writer.ts';

const inFolder = async (check: (folder: string) => Promise<void> | void): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-writer-'));
  try {
    await check(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const lossesOf = (path: string): readonly unknown[] => {
  const recording = openRecording(path);
  try {
    return recording.database
      .prepare('SELECT reason FROM losses ORDER BY id')
      .all()
      .map(({ reason }) => reason);
  } finally {
    recording.close();
  }
};

test('a closed recording is one file that misses nothing', () =>
  inFolder((folder) => {
    const path = join(folder, 'r.db');
    const writer = new RecordingWriter(path, { host: 'x', recorder_pid: 0 });
    writer.call(5, 10, writer.threadId(1, 1, 'x'), 1, 0, 0, writer.argumentsId([], false), 0, 0);
    writer.commit(1_000);
    assert.ok(existsSync(`${path}-wal`));
    writer.close(2_000);
    assert.deepEqual(readdirSync(folder), ['r.db']);
    const recording = openRecording(path);
    assert.deepEqual([recording.state, recording.window.end_ns], ['complete', 2_000]);
    assert.equal(recording.rowCounts().calls, 1);
    recording.close();
    assert.deepEqual(lossesOf(path), []);
    const database = new DatabaseSync(path, { readOnly: true });
    assert.equal(database.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
    database.close();
  }));

/** Records one call after the other and says how many were committed, until it is killed. */
const endless = (path: string) => `
import { RecordingWriter } from ${JSON.stringify(import.meta.resolve('./writer.ts'))};
const writer = new RecordingWriter(${JSON.stringify(path)}, { host: 'x', recorder_pid: process.pid });
const thread = writer.threadId(1, 1, 'x');
for (let made = 0; ; ) {
  for (let i = 0; i < 100; i++) {
    const args = writer.argumentsId([made], false);
    writer.call(made * 10, 5, thread, 1, 0, 0, args, 0, 0);
    writer.totals.add(1, 1, made * 10 + 5, 5, false);
    made++;
  }
  writer.commit(made * 10);
  process.stdout.write(made + '\\n');
}`;

test('killed in the middle of writing, it leaves whole commits and says that it was cut', { timeout: 30_000 }, () =>
  inFolder(async (folder) => {
    const path = join(folder, 'r.db');
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', endless(path)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'close');
    try {
      let said = '';
      let enough = () => {};
      const seen = new Promise<void>((resolve) => {
        enough = resolve;
      });
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.length > 2_000) enough();
      });
      await Promise.race([seen, ended]);
      child.kill('SIGKILL');
      await ended;
      const committed = Number(said.trim().split('\n').at(-1));
      assert.ok(committed > 1_000, `only ${committed} calls`);

      const recording = openRecording(path);
      assert.equal(recording.state, 'cut');
      const { calls } = recording.rowCounts();
      assert.ok(calls >= committed && calls % 100 === 0, `${calls} rows of ${committed} committed ones`);
      assert.equal(recording.window.end_ns, calls * 10);
      assert.equal(recording.totals()[0]?.count, calls, 'totals and rows are of one commit');
      recording.close();
      assert.deepEqual(lossesOf(path), ['cut_short']);
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  }),
);

test('given up after a failed write, what was committed stays', () =>
  inFolder((folder) => {
    const path = join(folder, 'r.db');
    const writer = new RecordingWriter(path, { host: 'x', recorder_pid: 0 });
    const thread = writer.threadId(1, 1, 'x');
    const args = writer.argumentsId([], false);
    writer.call(0, 1, thread, 1, 0, 0, args, 0, 0);
    writer.commit(10);
    writer.call(20, 1, thread, 1, 0, 0, args, 0, 0);
    writer.abandon();
    const recording = openRecording(path);
    assert.deepEqual([recording.state, recording.rowCounts().calls], ['cut', 1]);
    recording.close();
    assert.deepEqual(lossesOf(path), ['cut_short']);
  }));

test('a row of a call takes 40 bytes or less', () => {
  const made = scene();
  try {
    const rows = 50_000;
    const thread = { pid: 4711, tid: 4712, comm: 'python3' };
    for (let i = 0; i < rows; i++)
      made.call(thread, 'cudaLaunchKernel', 3_600_000_000_000 + i * 9_000, 6_500 + (i % 977), {
        args: { fn: 0x7f00_0000_1000, grid_x: 128, stream: 0x5555_1000 },
      });
    const database = new DatabaseSync(made.done(), { readOnly: true });
    const pages = Number(database.prepare('PRAGMA page_count').get()?.page_count);
    const size = Number(database.prepare('PRAGMA page_size').get()?.page_size);
    database.close();
    assert.ok((pages * size) / rows <= 40, `${((pages * size) / rows).toFixed(1)} bytes a row`);
  } finally {
    made.remove();
  }
});

test('a process with a pid that was used before is a new row, and only the later one changes', () => {
  const made = scene();
  try {
    made.process(10, 'first');
    made.process(10, 'second');
    made.writer.updateProcess(10, { exit_code: 3 });
    made.writer.updateProcess(99, { exit_code: 4 });
    const database = new DatabaseSync(made.done(), { readOnly: true });
    const rows = database.prepare('SELECT comm, exit_code FROM process ORDER BY id').all();
    database.close();
    assert.deepEqual(
      rows.map(({ comm, exit_code }) => [comm, exit_code]),
      [
        ['first', null],
        ['second', 3],
      ],
    );
  } finally {
    made.remove();
  }
});

test('equal stacks are written once for each process', () => {
  const made = scene();
  try {
    const thread = { pid: 10, tid: 10, comm: 'x' };
    for (let i = 0; i < 3; i++) made.call(thread, 'cudaFree', i * 100, 10, { stack: ['inner', 'outer'] });
    made.call({ ...thread, pid: 20 }, 'cudaFree', 400, 10, { stack: ['inner', 'outer'] });
    const database = new DatabaseSync(made.done(), { readOnly: true });
    const count = (table: string) => database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n;
    assert.deepEqual([count('stack'), count('stack_frame'), count('frame')], [2, 4, 2]);
    database.close();
  } finally {
    made.remove();
  }
});
