import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, copyFileSync, existsSync, openSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { recorded } from '../../test/recorded.ts';
import { scene } from '../../test/scene.ts';
import { UserError } from '../base/errors.ts';
import { SCHEMA_VERSION } from '../catalogue/schema.ts';
import { openRecording } from './open-recording.ts';

const thread = { pid: 10, tid: 11, comm: 'python3' };
const other = { pid: 20, tid: 21, comm: 'worker' };
/** Moves what was committed from the log into the file, as SQLite does by itself after some thousand pages. */
const checkpoint = (path: string) => {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  database.close();
};
const codeOf = (code: string) => (thrown: unknown) => thrown instanceof UserError && thrown.parts.code === code;

test('a closed recording is complete and says how long it is', () => {
  recorded(
    ({ call }) => call(thread, 'cudaMalloc', 5, 100),
    ({ state, window, facts, rowCounts }) => {
      assert.equal(state, 'complete');
      assert.deepEqual(window, { start_ns: 0, end_ns: 105 });
      assert.equal(facts.get('host'), 'scene');
      assert.deepEqual(rowCounts(), { calls: 1, waits: 0, run_slices: 0 });
    },
  );
});

test('a recording that was not closed is live while its recorder runs, and cut after that', async () => {
  const recorder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'whytrace'], { stdio: 'ignore' });
  const made = scene({ recorder_pid: recorder.pid ?? 0, host: hostname() });
  const stateNow = () => {
    const recording = openRecording(made.path);
    try {
      return { state: recording.state, reasons: recording.losses(recording.window).map(({ reason }) => reason) };
    } finally {
      recording.close();
    }
  };
  try {
    made.call(thread, 'cudaMalloc', 5, 100);
    made.writer.commit(200);
    checkpoint(made.path);
    assert.deepEqual(stateNow(), { state: 'live', reasons: [] });
    const ended = new Promise((resolve) => recorder.once('exit', resolve));
    recorder.kill('SIGKILL');
    await ended;
    assert.deepEqual(stateNow(), { state: 'cut', reasons: ['cut_short'] });
  } finally {
    recorder.kill('SIGKILL');
    made.writer.abandon();
    made.remove();
  }
});

test('a pid that another program has now is no recorder', () => {
  const made = scene({ recorder_pid: 1, host: hostname() });
  try {
    made.writer.commit(1);
    checkpoint(made.path);
    const recording = openRecording(made.path);
    assert.equal(recording.state, 'cut');
    recording.close();
  } finally {
    made.writer.abandon();
    made.remove();
  }
});

test('the slowest calls are found across segments, with filters, longest first and then in order of writing', () => {
  recorded(
    ({ call, writer }) => {
      for (let i = 0; i < 60; i++) {
        const who = i % 3 === 0 ? other : thread;
        call(who, i % 2 === 0 ? 'cudaMalloc' : 'cudaFree', i * 1000, ((i * 37) % 50) * 10);
        if (i % 7 === 0) writer.commit(i * 1000);
      }
    },
    ({ slowestCalls, database }) => {
      const expected = (where: string) =>
        database
          .prepare(`SELECT id FROM calls WHERE ${where} ORDER BY duration_ns DESC, id LIMIT 8`)
          .all()
          .map(({ id }) => id);
      const ids = (filter: Parameters<typeof slowestCalls>[0]) => slowestCalls(filter).map(({ id }) => id);
      assert.deepEqual(ids({ limit: 8 }), expected('1'));
      assert.deepEqual(ids({ limit: 8, op: 'cudaFree' }), expected("op = 'cudaFree'"));
      assert.deepEqual(ids({ limit: 8, pid: 20 }), expected('pid = 20'));
      assert.deepEqual(ids({ limit: 8, minDuration: 400 }), expected('duration_ns >= 400'));
      const window = { start_ns: 10_100, end_ns: 30_000 };
      assert.deepEqual(ids({ limit: 8, window }), expected('start_ns < 30000 AND start_ns + duration_ns > 10100'));
      assert.deepEqual(ids({ limit: 8, op: 'nothing' }), []);
      assert.deepEqual(ids({ limit: 0 }), []);
    },
  );
});

test('a call comes with its arguments, also those that fill 64 bits', () => {
  recorded(
    ({ call }) =>
      call(thread, 'cudaMemcpyAsync', 0, 50, { args: { bytes: 4096, dst: 2 ** 63, src: 2 ** 60, stream: 7 } }),
    ({ callById }) => {
      const call = callById(1);
      assert.equal(call?.bytes, 4096);
      assert.equal(call?.stream, 7);
      assert.equal(call?.op, 'cudaMemcpyAsync');
      assert.equal(call?.role, 'copy');
      assert.ok(call?.args.includes('"bytes":4096'));
      assert.equal(callById(2), undefined);
    },
  );
});

test('a register that fills 64 bits is read as the nearest number', () => {
  recorded(
    ({ wait, call }) => {
      call(thread, 'cudaFree', 0, 50);
      wait(thread, 10, 20, { syscall: 'futex', arg0: 2 ** 62, waker: other });
    },
    ({ waitsOf }) => {
      const [wait] = waitsOf(11, { start_ns: 0, end_ns: 50 });
      assert.equal(wait?.arg0, 2 ** 62);
      assert.equal(wait?.waker_pid, 20);
      assert.equal(wait?.kind, 'lock');
    },
  );
});

test('intervals that only touch the window are left out, those across its edges are in', () => {
  recorded(
    ({ wait, slice }) => {
      for (const start of [0, 90, 150, 190, 200]) wait(thread, start, 20);
      for (const start of [0, 90, 150, 190, 200]) slice(other, 1, start, 20);
      slice(other, 0, 150, 20);
    },
    ({ waitsOf, slicesOn }) => {
      const window = { start_ns: 100, end_ns: 200 };
      assert.deepEqual(
        waitsOf(11, window).map(({ start_ns }) => start_ns),
        [90, 150, 190],
      );
      assert.deepEqual(
        slicesOn(1, window).map(({ start_ns }) => start_ns),
        [90, 150, 190],
      );
      assert.deepEqual(waitsOf(99, window), []);
    },
  );
});

test('a damaged page is told in the words of the user', () => {
  const made = scene();
  try {
    for (let i = 0; i < 20_000; i++) made.call(thread, 'cudaMalloc', i * 1000, i);
    const path = made.done();
    const fd = openSync(path, 'r+');
    const size = statSync(path).size;
    for (let at = 200 * 1024; at < size; at += 8192) writeSync(fd, Buffer.alloc(4096, 0xa5), 0, 4096, at);
    closeSync(fd);
    assert.throws(() => {
      const recording = openRecording(path);
      try {
        recording.slowestCalls({ limit: 5 });
        recording.longCalls({ minDuration: 1 }).calls[Symbol.iterator]().next();
      } finally {
        recording.close();
      }
    }, codeOf('recording_damaged'));
  } finally {
    made.remove();
  }
});

test('a file of another format is told from a damaged one', () => {
  const made = scene();
  try {
    const path = made.done();
    for (const [version, code] of [
      [SCHEMA_VERSION - 1, 'recording_older'],
      [SCHEMA_VERSION + 1, 'recording_newer'],
    ] as const) {
      const database = new DatabaseSync(path);
      database.exec(`PRAGMA user_version = ${version}`);
      database.close();
      assert.throws(() => openRecording(path), codeOf(code));
    }
  } finally {
    made.remove();
  }
});

test('a file that another program holds is told in the words of the user', () => {
  const made = scene();
  made.call(thread, 'cudaMalloc', 0, 5);
  const holder = new DatabaseSync(made.done());
  try {
    holder.exec('BEGIN EXCLUSIVE');
    assert.throws(() => openRecording(made.path), codeOf('recording_locked'));
  } finally {
    holder.close();
    made.remove();
  }
});

test('a growing file is read as it was when it was opened', () => {
  const made = scene();
  try {
    made.call(thread, 'cudaMalloc', 0, 5);
    made.writer.commit(10);
    checkpoint(made.path);
    const recording = openRecording(made.path);
    try {
      made.call(thread, 'cudaMalloc', 10, 50);
      made.writer.commit(100);
      assert.equal(recording.slowestCalls({ limit: 5 }).length, 1);
      assert.equal(recording.totals()[0]?.count, 1);
      assert.equal(recording.window.end_ns, 10);
    } finally {
      recording.close();
    }
  } finally {
    made.writer.abandon();
    made.remove();
  }
});

test('totals by operation are those of the histograms of all processes together', () => {
  recorded(
    ({ call }) => {
      for (let i = 0; i < 90; i++) call(thread, 'cudaMalloc', i * 100, 1000);
      for (let i = 0; i < 10; i++) call(other, 'cudaMalloc', i * 100, 1_000_000, { ret: 2 });
    },
    ({ opTotals, totals }) => {
      const [total] = opTotals();
      assert.equal(total?.count, 100);
      assert.equal(total?.failed, 10);
      assert.deepEqual(total?.pids, [10, 20]);
      assert.equal(total?.max_ns, 1_000_000);
      assert.ok(Math.abs((total?.p50_ns ?? 0) - 1000) < 70);
      assert.ok((total?.p95_ns ?? 0) > 900_000);
      assert.equal(totals().length, 2);
      assert.equal(opTotals(20)[0]?.count, 10);
      assert.deepEqual(opTotals(5), []);
    },
  );
});

test('earlier calls are those of the same operation, function and process', () => {
  recorded(
    ({ call }) => {
      for (let i = 0; i < 5; i++) call(thread, 'cudaLaunchKernel', i * 100, 10, { args: { fn: 1, grid_x: i } });
      call(other, 'cudaLaunchKernel', 600, 10, { args: { fn: 2 } });
      call(thread, 'cudaLaunchKernel', 700, 10, { args: { fn: 2 } });
      call(thread, 'cudaLaunchKernel', 800, 10, { args: { fn: 1 } });
    },
    ({ callById, earlierCalls }) => {
      const earlier = (id: number, most = 100) => {
        const call = callById(id);
        return call === undefined ? -1 : earlierCalls(call, most);
      };
      assert.deepEqual([earlier(1), earlier(7), earlier(8), earlier(8, 3)], [0, 0, 5, 3]);
    },
  );
});

test('what a recorder had begun as it was killed while it closed the file is taken back', () => {
  const made = scene();
  for (let i = 0; i < 20_000; i++) made.call(thread, 'cudaMalloc', i * 1000, 100);
  const path = made.done();
  const copy = `${path}.copy`;
  const writer = new DatabaseSync(path);
  // So many pages that some are in the file before they are valid: the journal has what they were.
  writer.exec('PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN; UPDATE call SET duration_ns = 1');
  for (const end of ['', '-journal']) copyFileSync(path + end, copy + end);
  writer.exec('ROLLBACK');
  writer.close();
  const plain = new DatabaseSync(copy, { readOnly: true });
  assert.throws(() => plain.prepare('SELECT count(*) FROM recording').get(), /readonly/, 'SQLite cannot by itself');
  plain.close();
  const recording = openRecording(copy);
  try {
    const [total] = recording.totals();
    assert.deepEqual([total?.count, total?.sum_ns], [20_000, 2_000_000]);
    assert.ok(!existsSync(`${copy}-journal`));
  } finally {
    recording.close();
    made.remove();
  }
});
