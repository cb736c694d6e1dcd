// What the rows of an Ingero file become in a recording, and what of it must stay unknown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIRST, type ForeignFile, STARTED } from '../../../test/foreign.ts';
import { imported, rows } from '../imported-for-test.ts';

const MS = 1e6;

test('calls have the names, arguments and times of the catalogue, and lie in one another', () => {
  imported(
    (file) => {
      file.session();
      file.name(100, 'python3');
      // The outer one by its entry; it returned last.
      file.call(1, 3, 0, 9_000, { arg0: 0x7000_0000_1000 });
      file.call(4, 1, 2_000, 5_000, { arg0: 77, ret: 2 });
      file.call(1, 7, 20_000, 1_000, { arg0: 4096, arg1: 1 });
      file.call(1, 5, 30_000, 500, { arg0: 9 });
      file.call(1, 2, 40_000, 500, { arg0: -(2n ** 63n) });
    },
    (recording) => {
      assert.deepEqual(
        rows(recording, 'SELECT op, start_ns, duration_ns, depth, ret, fn, bytes, stream, comm FROM calls'),
        [
          ['cuLaunchKernel', 2_000, 5_000, 1, 2, 77, null, null, 'python3'],
          ['cudaLaunchKernel', 0, 9_000, 0, 0, 0x7000_0000_1000, null, null, 'python3'],
          ['cudaMemcpyAsync', 20_000, 1_000, 0, 0, null, 4096, null, 'python3'],
          ['cudaStreamSynchronize', 30_000, 500, 0, 0, null, null, 9, 'python3'],
          ['cudaFree', 40_000, 500, 0, 0, null, null, null, 'python3'],
        ],
      );
      assert.deepEqual(rows(recording, 'SELECT ptr + 0.0, op FROM calls WHERE ptr IS NOT NULL'), [
        [2 ** 63, 'cudaFree'],
      ]);
      assert.equal(recording.facts.get('started_unix_ns'), String(FIRST));
      assert.equal(recording.facts.get('kernel'), '6.1.0');
      assert.equal(recording.facts.get('imported_started_unix_ns'), String(STARTED));
      assert.ok(recording.lacks.has('wait_state') && recording.lacks.has('waker'));
    },
  );
});

test('an interval off the CPU is neither ready nor blocked on anything known', () => {
  imported(
    (file) => {
      file.session();
      file.off(1_000, 3 * MS);
    },
    (recording) => {
      const columns =
        'kind, start_ns, duration_ns, runnable_ns, state, syscall, waker_tid, waker_context, cpu_off, irq_ns, by_time';
      assert.deepEqual(rows(recording, `SELECT ${columns} FROM waits`), [
        ['unknown', 0, 3 * MS, 0, null, null, null, null, null, null, 0],
      ]);
      const [wait] = recording.waitsOf(100, recording.window);
      assert.deepEqual([wait?.state, wait?.cpu_off], [null, -1]);
    },
  );
});

const requests = (file: ForeignFile) => {
  file.session();
  // Given by the thread itself just before it left; it ran again 10 us after the end.
  file.read(1_000, 500_000);
  file.off(3_000, 508_000);
  // One that ended long before the thread came back.
  file.read(2 * MS, 100_000);
  file.off(2 * MS + 2_000, 900_000);
  // One of another thread.
  file.read(4 * MS, 500_000, { pid: 200, tid: 200 });
  file.off(4 * MS + 2_000, 508_000);
  // One that was given while the thread was away: not by it.
  file.read(6 * MS + 5_000, 495_000);
  file.off(6 * MS, 508_000);
};

test('a wait is for a block request where the same thread gave it and ran right after its end', () => {
  imported(requests, (recording) => {
    assert.deepEqual(rows(recording, 'SELECT kind, by_time, request FROM waits ORDER BY start_ns'), [
      ['block_io', 1, 1],
      ['unknown', 0, null],
      ['unknown', 0, null],
      ['unknown', 0, null],
    ]);
    const columns = 'op, bytes, sector, queue_ns, device_ns, device, error';
    assert.deepEqual(rows(recording, `SELECT ${columns} FROM block_requests WHERE id = 1`), [
      ['read', 4096, 4096, null, 500_000, null, null],
    ]);
  });
});

const regular = (lengthOf: (i: number) => number, before: (file: ForeignFile) => void = () => {}) =>
  imported(
    (file) => {
      file.session();
      file.name(100, 'python3');
      before(file);
      for (let i = 0; i < 40; i++) file.off(10 * MS + i * 100 * MS, lengthOf(i));
    },
    (recording) => rows(recording, 'SELECT kind, by_time, count(*) FROM waits GROUP BY kind, by_time'),
  );

test('many waits of one round length are sleeps by a timer', () => {
  assert.deepEqual(
    regular((i) => 50 * MS + 40_000 + i * 1_000),
    [['sleep', 2, 40]],
  );
});

test('waits around a round length, as a preemption by the tick makes them, stay unknown', () => {
  assert.deepEqual(
    regular((i) => 4 * MS - 40_000 + i * 2_000),
    [['unknown', 0, 40]],
  );
  assert.deepEqual(
    regular((i) => 3 * MS + ((i * 37) % 40) * 100_000),
    [['unknown', 0, 40]],
  );
});

test('waits of the switch interval of Python are for its GIL only once it has other threads', () => {
  const fork = (at: number) => (file: ForeignFile) =>
    file.event({ at, pid: 100, tid: 100, source: 3, op: 7, arg1: 101 });
  const interval = (i: number) => 5 * MS + 60_000 + i * 1_000;
  assert.deepEqual(regular(interval, fork(MS)), [['gil', 2, 40]]);
  assert.deepEqual(regular(interval), [['sleep', 2, 40]]);
  assert.deepEqual(regular(interval, fork(2_000 * MS)), [['sleep', 2, 40]]);
});

test('totals are the sums of the file, and what has no row is a loss', () => {
  imported(
    (file) => {
      file.session();
      for (let i = 0; i < 5; i++) file.call(1, 3, i * 100 * MS, 5_000);
      file.off(50 * MS, 2 * MS);
      file.sum(0, 1, 3, 100, 25, 5, 5 * 5_000 + 20 * 4_000, 5_000);
      file.sum(0, 3, 1, 100, 3, 3, 2 * MS + 60_000, 2 * MS);
      file.sum(0, 3, 1, 101, 400, 0, 7 * MS, MS);
    },
    (recording, { end_ns }) => {
      assert.deepEqual(rows(recording, 'SELECT op, count, sum_ns, max_ns FROM totals'), [
        ['cudaLaunchKernel', 25, 105_000, 5_000],
      ]);
      const end = end_ns;
      assert.deepEqual(rows(recording, 'SELECT reason, start_ns, end_ns, count, detail FROM losses ORDER BY reason'), [
        ['call_sampled', 0, end, 20, 'cudaLaunchKernel 20'],
        ['row_missing', 0, end, 2, 'thread 100: 2 intervals, 60 us'],
        ['wait_sampled', 0, end, 400, 'thread 101: 400 intervals, 7 ms'],
      ]);
      assert.deepEqual(rows(recording, 'SELECT pid, tracked FROM processes ORDER BY pid'), [
        [100, 1],
        [101, 1],
      ]);
    },
  );
});

test('a sum below the rows that it should count was written over, and none at all is said', () => {
  const losses = (build: (file: ForeignFile) => void) =>
    imported(build, (recording) => rows(recording, 'SELECT reason, count FROM losses ORDER BY id'));
  const calls = (file: ForeignFile) => {
    file.session();
    file.off(10_000 * MS, 1_000);
    for (let i = 0; i < 10; i++) file.call(1, 3, 10_001 * MS + i, 5_000);
  };
  assert.deepEqual(losses(calls), [['total_missing', 1]]);
  const lacks = (build: (file: ForeignFile) => void) =>
    imported(build, (recording) => recording.lacks.has('row_counts'));
  const counted = (file: ForeignFile) => {
    calls(file);
    file.sum(0, 1, 3, 100, 10, 10, 50_000, 5_000);
  };
  assert.deepEqual([lacks(calls), lacks(counted)], [true, false]);
  const over = losses((file) => {
    calls(file);
    file.sum(0, 1, 3, 100, 4, 4, 20_000, 5_000);
    file.sum(1, 1, 3, 100, 0, 0, 0, 0);
  });
  assert.deepEqual(over, [['total_missing', 6]]);
});

test('a thread that falls silent is lost sight of: neither running nor waiting is claimed', () => {
  imported(
    (file) => {
      file.session();
      for (let i = 0; i < 100; i++) file.off(i * 10 * MS, MS);
      for (let i = 0; i < 100; i++) file.off(20_000 * MS + i * 10 * MS, MS);
      file.sum(0, 3, 1, 100, 200, 200, 200 * MS, MS);
    },
    (recording) => {
      assert.deepEqual(rows(recording, "SELECT start_ns, end_ns FROM losses WHERE reason = 'thread_silent'"), [
        [991 * MS, 20_000 * MS],
      ]);
      assert.deepEqual(rows(recording, 'SELECT start_ns, end_ns FROM tasks'), [
        [0, 991 * MS],
        [20_000 * MS, 20_991 * MS],
      ]);
    },
  );
});

test('rows that are gone by their numbers end what is known of every thread', () => {
  imported(
    (file) => {
      file.session();
      file.off(0, MS, { number: 41 });
      file.off(10 * MS, MS, { number: 42 });
      file.off(90 * MS, MS, { number: 50 });
    },
    (recording) => {
      assert.deepEqual(rows(recording, "SELECT start_ns, end_ns, count FROM losses WHERE reason = 'row_missing'"), [
        [0, 0, 40],
        [11 * MS, 91 * MS, 7],
      ]);
      assert.deepEqual(rows(recording, 'SELECT start_ns, end_ns FROM tasks'), [[0, 11 * MS]]);
    },
    '0.9',
  );
});

test('a thread with calls and no interval off the CPU is said to be unseen', () => {
  imported(
    (file) => {
      file.session();
      file.call(1, 3, 0, 5 * MS, { tid: 105 });
      file.off(0, MS);
    },
    (recording) => {
      assert.deepEqual(rows(recording, "SELECT detail FROM losses WHERE reason = 'thread_unseen'"), [['thread 105']]);
      assert.deepEqual(rows(recording, 'SELECT tid FROM tasks'), [[100]]);
    },
  );
});

test('causal chains of the file are claims, each with what the rows say', () => {
  imported(
    (file) => {
      file.session();
      file.call(1, 3, 0, 5 * MS);
      file.off(40 * MS, MS);
      file.call(1, 1, 100 * MS, 8 * MS);
      file.off(101 * MS, 6 * MS);
      file.claim('a', 'cudaLaunchKernel', 5_000, '34 sched_switch events');
      file.claim('b', 'cudaMalloc', 8_000, '12 sched_switch events');
      file.claim('c', 'cudaMalloc', 51_000, '12 sched_switch events + heavy block I/O');
      file.claim('d', 'cuMemAlloc', 700, '12 sched_switch events');
      file.claim('e', 'cudaMalloc', 0, '12 sched_switch events');
    },
    (recording, { taken }) => {
      assert.equal(taken.claims, 5);
      assert.deepEqual(rows(recording, 'SELECT op, verdict, evidence, why FROM foreign_claim ORDER BY id'), [
        [
          'cudaLaunchKernel',
          'refuted',
          'calls:1',
          'the call of 5 ms was one row: its thread was 0 % of it off the CPU',
        ],
        ['cudaMalloc', 'supported', 'calls:2', 'the call of 8 ms was one row: its thread was 75 % of it off the CPU'],
        [
          'cudaMalloc',
          'not_supported',
          null,
          'no cudaMalloc that took so long has a row in this file: the longest took 8 ms',
        ],
        ['cuMemAlloc', 'not_supported', null, 'no cuMemAlloc has a row in this file'],
        ['cudaMalloc', 'not_supported', null, 'it names no duration of any call'],
      ]);
    },
  );
});

test('a claim is not refuted where time of its thread that would bear it out has no row', () => {
  imported(
    (file) => {
      file.session();
      file.call(1, 3, 0, 5 * MS);
      file.off(40 * MS, MS);
      file.sum(0, 3, 1, 100, 9, 9, 4 * MS, MS);
      file.claim('a', 'cudaLaunchKernel', 5_000, '34 sched_switch events');
    },
    (recording) =>
      assert.deepEqual(rows(recording, 'SELECT verdict, why FROM foreign_claim'), [
        [
          'not_supported',
          'the call of 5 ms was one row: its thread was 0 % of it off the CPU, and 3 ms of that minute have no row',
        ],
      ]),
  );
});

test('of several runs or hosts the one with most rows is taken, and the others are counted', () => {
  imported(
    (file) => {
      file.session();
      for (let i = 0; i < 3; i++) file.call(1, 3, i * MS, 5_000);
      file.session(STARTED + 3_600_000_000_000n);
      for (let i = 0; i < 9; i++) file.call(1, 1, 3_600e9 + i * MS, 7_000);
      for (let i = 0; i < 2; i++) file.call(1, 1, 3_600e9 + i * MS, 7_000, { node: 'host-b' });
    },
    (recording, { left_out }) => {
      assert.deepEqual(rows(recording, 'SELECT op, count FROM totals'), [['cudaMalloc', 9]]);
      assert.equal(recording.facts.get('host'), 'host-a');
      assert.equal(recording.window.end_ns, 8 * MS + 7_000);
      assert.deepEqual(left_out, [{ what: 'rows of other runs or hosts', count: 5 }]);
    },
    '0.10',
  );
});

test('what has no place in a recording is left out by name, and who the tracer is, is known', () => {
  imported(
    (file) => {
      file.session();
      file.run('CREATE TABLE ops (source_id INTEGER, op_id INTEGER, name TEXT)');
      file.run("INSERT INTO ops VALUES (7, 1, 'net_send'), (1, 9, 'cudaMallocAsync')");
      file.name(300, 'ingero');
      file.call(1, 9, 0, 5_000);
      file.event({ at: 10, pid: 100, tid: 100, source: 7, op: 1, duration: 9 });
      file.event({ at: 20, pid: 100, tid: 100, source: 6, op: 1 });
      file.event({ at: 30, pid: 100, tid: 100, source: 3, op: 4, arg1: 100 });
    },
    (recording, { left_out }) => {
      assert.deepEqual(left_out, [{ what: 'net_send', count: 1 }]);
      assert.deepEqual(rows(recording, 'SELECT op FROM calls'), [['cudaMallocAsync']]);
      assert.deepEqual(rows(recording, 'SELECT kind, tid, value FROM moments'), [
        ['tcp_retransmit', 100, null],
        ['oom_kill', 100, null],
      ]);
      assert.equal(recording.facts.get('recorder_pid'), '300');
    },
  );
});
