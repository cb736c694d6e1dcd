import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { recorded, type Scene } from '../../test/recorded.ts';
import { number } from '../store/row.ts';
import { attribute } from './walk.ts';

const victim = { pid: 100, tid: 101, comm: 'python3' };
const walked = { ...victim, op: 'cudaLaunchKernel', role: 'launch' };
const hog = { pid: 4711, tid: 4711, comm: 'stress' };
const peer = { pid: 300, tid: 301, comm: 'writer' };
const sibling = { pid: 100, tid: 150, comm: 'pool' };
const WINDOW = { start_ns: 1000, end_ns: 2000 };

/** The parts of the window as "kind comm what: ns", longest first. */
const partsOf = (build: (scene: Scene) => void, role = 'launch', facts = {}) =>
  recorded(
    (made) => {
      made.wait(peer, 0, 10, { syscall: 'nanosleep' });
      build(made);
    },
    (recording) => {
      const { parts, closure } = attribute(recording, { ...walked, role }, WINDOW);
      assert.equal(closure, 1);
      return parts.map(
        ({ kind, comm, what, duration_ns, grade }) => `${grade} ${kind} ${comm} ${what}: ${duration_ns}`,
      );
    },
    facts,
  );

test('a thread with no interval off the CPU was on it', () => {
  assert.deepEqual(
    partsOf(() => {}),
    ['A on_cpu python3 its own code: 1000'],
  );
});

test('ready and waiting is split by who ran on that CPU', () => {
  const parts = partsOf(({ wait, slice }) => {
    wait(victim, 1100, 0, { runnable: 800, cpu: 1 });
    slice(hog, 1, 900, 900);
    slice(peer, 1, 1810, 40);
    slice(hog, 0, 1000, 1000);
  });
  assert.deepEqual(parts, [
    'C runnable stress ran on CPU 1: 700',
    'A on_cpu python3 its own code: 200',
    'B runnable  nobody else was recorded on CPU 1: 60',
    'C runnable writer ran on CPU 1: 40',
  ]);
});

test('the threads of another process are one culprit, those of its own process and the recorder are told apart', () => {
  const parts = partsOf(
    ({ wait, slice }) => {
      wait(victim, 1000, 0, { runnable: 1000, cpu: 1 });
      for (const [i, tid] of [4711, 4712, 4713].entries())
        slice({ pid: 4711, tid, comm: i === 0 ? 'stress' : 'burner' }, 1, 1000 + 200 * i, 200);
      slice(sibling, 1, 1600, 150);
      slice({ pid: 100, tid: 160, comm: 'stream' }, 1, 1750, 100);
      slice({ pid: 77, tid: 78, comm: 'V8Worker' }, 1, 1850, 100);
      slice({ pid: 77, tid: 79, comm: 'DelayedTask' }, 1, 1950, 50);
    },
    'launch',
    { recorder_pid: 77 },
  );
  assert.deepEqual(parts, [
    'C runnable stress ran on CPU 1 with 3 threads: 600',
    'C runnable pool ran on CPU 1: 150',
    'C observer whytrace itself ran on CPU 1 with 2 threads: 150',
    'C runnable stream ran on CPU 1: 100',
  ]);
});

test('an idle CPU is no culprit', () => {
  const parts = partsOf(({ wait, slice }) => {
    wait(victim, 1000, 900, { runnable: 100, cpu: 1, syscall: 'read', file_type: 1, waker: peer });
    slice({ pid: 0, tid: 0, comm: 'swapper/1' }, 1, 1500, 500);
  });
  assert.deepEqual(parts, ['B ipc writer read on a pipe: 900', 'C runnable  CPU 1 was idle (wake-up latency): 100']);
});

test('time taken by the recorder is its own', () => {
  const parts = partsOf(
    ({ wait, slice }) => {
      wait(victim, 1000, 0, { runnable: 1000, cpu: 1 });
      slice({ pid: 77, tid: 78, comm: 'whytrace' }, 1, 0, 5000);
    },
    'launch',
    { recorder_pid: 77 },
  );
  assert.deepEqual(parts, ['C observer whytrace itself ran on CPU 1: 1000']);
});

test('each way of being blocked is told by its row', () => {
  const blocked = (parts: Parameters<Scene['wait']>[3]) =>
    partsOf(({ wait }) => wait(victim, 1000, 1000, parts)).map((text) => text.replace(': 1000', ''));
  assert.deepEqual(blocked({ syscall: 'read', file_type: 1, waker: peer }), ['B ipc writer read on a pipe']);
  assert.deepEqual(blocked({ syscall: 'futex', arg0: 0x7f10, waker: sibling }), ['B lock pool futex 0x7f10']);
  assert.deepEqual(blocked({ syscall: 'futex', arg0: 1 }), ['D lock  futex 0x1']);
  assert.deepEqual(blocked({ syscall: 'clock_nanosleep', waker_context: 2 }), ['A sleep python3 clock_nanosleep']);
  assert.deepEqual(blocked({ syscall: 'wait4', waker: peer, waker_syscall: 'exit_group' }), ['A child writer wait4']);
  assert.deepEqual(blocked({ throttled: 1 }), ['A throttled python3 CPU quota of its cgroup']);
  assert.deepEqual(blocked({ state: 2, iowait: 1, waker_context: 3 }), [
    'B page_fault  major page fault, woken by an interrupt',
  ]);
  assert.deepEqual(blocked({ state: 2, iowait: 1, syscall: 'pread64', file_type: 4, waker_context: 4 }), [
    'B block_io  pread64 on a file, woken by an interrupt',
  ]);
  assert.deepEqual(blocked({ syscall: 'fsync', state: 2, waker: { pid: 9, tid: 9, comm: 'jbd2' } }), [
    'B writeback jbd2 fsync',
  ]);
  assert.deepEqual(blocked({ syscall: 'recvfrom', file_type: 3, waker: peer }), [
    'B network writer recvfrom on a network socket',
  ]);
  assert.deepEqual(blocked({ held: 1, state: 4 }), ['A observer  no system call']);
  assert.deepEqual(blocked({ syscall: 'io_uring_enter' }), ['E unknown  io_uring_enter']);
});

test('an interrupt that came over a task does not make that task the waker', () => {
  const parts = partsOf(({ wait }) =>
    wait(victim, 1000, 1000, { syscall: 'read', file_type: 1, waker: hog, waker_context: 4 }),
  );
  assert.deepEqual(parts, ['D ipc  read on a pipe, woken by an interrupt: 1000']);
});

test('a wait with time-outs belongs to whoever ended it at last, also across a preemption', () => {
  const parts = partsOf(({ wait }) => {
    wait(victim, 1000, 300, { syscall: 'futex', arg0: 8, waker_context: 2 });
    wait(victim, 1300, 0, { runnable: 100, cpu: 1 });
    wait(victim, 1400, 300, { syscall: 'futex', arg0: 8, waker_context: 2 });
    wait(victim, 1700, 300, { syscall: 'futex', arg0: 8, waker: sibling });
  });
  assert.deepEqual(parts, ['B lock pool futex 0x8: 900', 'B runnable  nobody else was recorded on CPU 1: 100']);
});

test('what goes on with a wait for the GIL may be on another of its words, and for no time at all', () => {
  const parts = partsOf(({ wait }) => {
    wait(victim, 1000, 600, { syscall: 'futex', arg0: 8, waker_context: 2, gil: 1 });
    wait(victim, 1600, 0, { syscall: 'futex', arg0: 16, waker: sibling, runnable: 400, gil: 1, state: 1 });
  });
  assert.deepEqual(parts, ['B gil pool futex 0x8: 600', 'B runnable  nobody else was recorded on CPU 0: 400']);
});

test('a time-out on another address stays what it is', () => {
  const parts = partsOf(({ wait }) => {
    wait(victim, 1000, 600, { syscall: 'futex', arg0: 8, waker_context: 2 });
    wait(victim, 1600, 400, { syscall: 'futex', arg0: 9, waker: sibling });
  });
  assert.deepEqual(parts, ['D lock  futex 0x8, timed out: 600', 'B lock pool futex 0x9: 400']);
});

test('in a synchronizing call, spinning and waking by the own process are waits for the GPU', () => {
  const parts = partsOf(({ wait, slice }) => {
    wait(victim, 1100, 500, { syscall: 'futex', arg0: 8, waker: sibling });
    wait(victim, 1600, 100, { syscall: 'poll', waker_context: 3 });
    wait(victim, 1700, 50, { syscall: 'ioctl', file_type: 5, waker_context: 4, runnable: 150, cpu: 1 });
    slice(hog, 1, 1700, 300);
  }, 'sync');
  assert.deepEqual(parts, [
    'D gpu_wait pool futex 0x8: 500',
    'D gpu_wait python3 spinning in cudaLaunchKernel: 200',
    'C runnable stress ran on CPU 1: 150',
    'D gpu_wait  poll, woken by an interrupt: 100',
    'D gpu_wait  ioctl on a character device, woken by an interrupt: 50',
  ]);
});

test('what another process did in a synchronizing call is no wait for the GPU', () => {
  const parts = partsOf(({ wait }) => {
    wait(victim, 1000, 500, { syscall: 'read', file_type: 1, waker: peer });
    wait(victim, 1500, 400, { syscall: 'futex', arg0: 8, waker: peer });
    wait(victim, 1900, 100, { syscall: 'clock_nanosleep', waker_context: 2 });
  }, 'sync');
  assert.deepEqual(parts, [
    'B ipc writer read on a pipe: 500',
    'B ipc writer futex 0x8 in shared memory: 400',
    'A sleep python3 clock_nanosleep: 100',
  ]);
});

test('a futex in a call that is not for waiting stays a lock', () => {
  const parts = partsOf(
    ({ wait }) => wait(victim, 1000, 1000, { syscall: 'futex', arg0: 8, waker: sibling }),
    'launch',
  );
  assert.deepEqual(parts, ['B lock pool futex 0x8: 1000']);
});

test('intervals across the edges count with what is inside', () => {
  const parts = partsOf(({ wait, slice }) => {
    wait(victim, 500, 400, { runnable: 300, cpu: 1, syscall: 'read', file_type: 1, waker: peer });
    wait(victim, 1900, 500, { syscall: 'read', file_type: 1, waker: peer });
    slice(hog, 1, 800, 300);
  });
  assert.deepEqual(parts, [
    'A on_cpu python3 its own code: 700',
    'C runnable stress ran on CPU 1: 100',
    'B runnable  nobody else was recorded on CPU 1: 100',
    'B ipc writer read on a pipe: 100',
  ]);
});

test('a thread that was put aside waits in the queue of the CPU that it left', () => {
  recorded(
    ({ slice, wait }) => {
      wait(victim, 0, 5);
      wait(victim, 1000, 0, { runnable: 1000, cpuOff: 1, cpu: 0 });
      slice(hog, 1, 0, 1900);
      slice(peer, 0, 0, 2000);
    },
    (recording) => {
      const { parts } = attribute(recording, walked, WINDOW);
      assert.deepEqual(
        parts.map(({ comm, duration_ns }) => [comm, duration_ns]),
        [
          ['stress', 900],
          ['writer', 100],
        ],
      );
    },
  );
});

test('without any interval off the CPU in the file nothing is claimed', () => {
  recorded(
    ({ call }) => call(victim, 'cudaLaunchKernel', 1000, 1000),
    (recording) => {
      const walk = attribute(recording, walked, WINDOW);
      assert.equal(walk.closure, 0);
      assert.deepEqual(
        walk.parts.map(({ kind, what }) => [kind, what]),
        [['unknown', 'the scheduler was not recorded']],
      );
    },
  );
});

test('intervals that overlap are cut and noticed', () => {
  recorded(
    ({ wait }) => {
      wait(victim, 1000, 600, { syscall: 'read', file_type: 1, waker: peer });
      wait(victim, 1400, 400, { syscall: 'futex', arg0: 8, waker: sibling });
    },
    (recording) => {
      const { parts, contradiction } = attribute(recording, walked, WINDOW);
      assert.equal(contradiction, true);
      assert.deepEqual(
        parts.map(({ duration_ns }) => duration_ns),
        [600, 200, 200],
      );
    },
  );
});

const interval = fc.record({
  start: fc.integer({ min: 0, max: 3000 }),
  blocked: fc.integer({ min: 0, max: 800 }),
  runnable: fc.integer({ min: 0, max: 800 }),
  syscall: fc.constantFrom(null, 'futex', 'read', 'nanosleep', 'poll', 'weird'),
  waker: fc.constantFrom(undefined, peer, sibling, hog),
  throttled: fc.constantFrom<0 | 1>(0, 0, 0, 1),
  cpu: fc.integer({ min: 0, max: 1 }),
});
const turn = fc.record({
  who: fc.constantFrom(hog, peer, sibling, victim),
  cpu: fc.integer({ min: 0, max: 1 }),
  start: fc.integer({ min: 0, max: 3000 }),
  length: fc.integer({ min: 1, max: 900 }),
});

test('whatever the rows are, the parts add up to the window and no evidence begins after its end', () => {
  fc.assert(
    fc.property(
      fc.array(interval, { maxLength: 12 }),
      fc.array(turn, { maxLength: 12 }),
      fc.constantFrom('launch', 'sync'),
      (intervals, turns, role) =>
        recorded(
          ({ wait, slice }) => {
            wait(peer, 0, 1);
            for (const { start, blocked, runnable, syscall, waker, throttled, cpu } of intervals)
              wait(victim, start, blocked, {
                runnable,
                syscall,
                throttled,
                cpu,
                ...(waker === undefined ? {} : { waker }),
              });
            for (const { who, cpu, start, length } of turns) slice(who, cpu, start, length);
          },
          (recording) => {
            const { parts } = attribute(recording, { ...walked, role }, WINDOW);
            assert.equal(
              parts.reduce((sum, { duration_ns }) => sum + duration_ns, 0),
              WINDOW.end_ns - WINDOW.start_ns,
            );
            for (const { start_ns, end_ns, evidence, duration_ns } of parts) {
              assert.ok(start_ns >= WINDOW.start_ns && end_ns <= WINDOW.end_ns && duration_ns <= end_ns - start_ns);
              for (const row of evidence) {
                const [view, id] = row.split(':');
                const found = recording.database
                  .prepare(`SELECT start_ns, duration_ns FROM ${view} WHERE id = ?`)
                  .get(Number(id));
                assert.ok(found !== undefined);
                const start = number(found, 'start_ns');
                assert.ok(start < WINDOW.end_ns && start + number(found, 'duration_ns') > WINDOW.start_ns);
              }
            }
          },
        ),
    ),
    { numRuns: 40 },
  );
});
