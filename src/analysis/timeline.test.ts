import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { recorded, type Scene } from '../../test/recorded.ts';
import { pythonFrame } from '../../test/scene.ts';
import { fileTypes, momentKinds, scopeKinds, wakerContexts } from '../catalogue/events.ts';
import { number, text } from '../store/row.ts';
import { lifeIn, livesOf, threadsOf } from './timeline/thread.ts';
import { type Timeline, timelineOf } from './timeline.ts';

const victim = { pid: 100, tid: 101, comm: 'worker' };
const sibling = { pid: 100, tid: 102, comm: 'pool' };
const peer = { pid: 300, tid: 301, comm: 'writer' };
const hog = { pid: 4711, tid: 4711, comm: 'stress' };
const idle = { pid: 0, tid: 0, comm: 'swapper/1' };
const LIFE = { start_ns: 0, end_ns: 10_000 };
const SIZE = { steps: 10, waits: 10 };

const timeline = (
  build: (scene: Scene) => void,
  window = LIFE,
  facts: Readonly<Record<string, string | number>> = {},
): Timeline =>
  recorded(
    (made) => {
      made.life(victim, LIFE.start_ns, LIFE.end_ns);
      build(made);
    },
    (recording) => {
      const comms = new Map(threadsOf(recording, victim).tasks.map(({ tid, comm }) => [tid, comm]));
      return timelineOf(recording, victim, window, comms, SIZE);
    },
    facts,
  );

const culpritsOf = ({ culprits }: Timeline) =>
  culprits.map(({ kind, by, pid, tid, comm, duration_ns, evidence }) =>
    [kind, by, pid, tid, comm, duration_ns, ...evidence].join(' '),
  );

test('states add up to the window, their shares to 1, and count what is inside of it', () => {
  const { states, closure, confidence, steps } = timeline(
    ({ wait }) => {
      wait(victim, 500, 1000, { syscall: 'futex', arg0: 8, runnable: 500 });
      wait(victim, 3000, 0, { runnable: 1000 });
      wait(victim, 5000, 0, { throttled: 1, runnable: 1000 });
      wait(victim, 8000, 5000, { syscall: 'nanosleep', waker_context: wakerContexts.timer });
    },
    { start_ns: 1000, end_ns: 9000 },
  );
  assert.deepEqual(
    states.map(({ state, kind, count, duration_ns, share }) => [state, kind, count, duration_ns, share]),
    [
      ['running', 'on_cpu', 3, 4000, 0.5],
      ['runnable', 'runnable', 2, 1500, 0.1875],
      ['blocked', 'sleep', 1, 1000, 0.125],
      ['blocked', 'lock', 1, 500, 0.0625],
      ['throttled', 'throttled', 1, 1000, 0.125],
    ],
  );
  assert.deepEqual([closure, confidence], [1, 0.97]);
  assert.equal(steps.length, 10);
  assert.deepEqual(steps[0], { start_ns: 1000, state: 'blocked', kind: 'lock', shares: [0, 0.375, 0.625, 0] });
  assert.deepEqual(steps[5], { start_ns: 5000, state: 'throttled', kind: 'throttled', shares: [0, 0, 0, 1] });
});

test('ready time goes to who ran on that CPU: the recorder is told apart, an idle CPU is nobody', () => {
  const found = timeline(
    ({ wait, slice }) => {
      wait(victim, 1000, 0, { runnable: 1000, cpuOff: 1, cpu: 2 });
      slice(hog, 1, 900, 600);
      slice(idle, 2, 0, 1800);
      slice({ pid: 77, tid: 78, comm: 'node' }, 2, 1800, 100);
      // Woken: it waits for the CPU it will run on, whoever is on the one that it left.
      wait(victim, 4000, 1000, { syscall: 'futex', runnable: 500, cpuOff: 1, cpu: 2, waker: sibling });
      slice(hog, 1, 5000, 500);
    },
    LIFE,
    { recorder_pid: 77 },
  );
  assert.deepEqual(culpritsOf(found), [
    'lock waker 100 102 pool 1000 waits:2',
    'runnable unknown 0 0  600 waits:2 waits:1',
    'runnable ran 4711 4711 stress 500 waits:1',
    'runnable idle 0 0  300 waits:1',
    'observer ran 77 78 node 100 waits:1',
  ]);
  assert.equal(found.culprits[0]?.share, 0.1);
});

test('blocked time goes to the best that its row proves: holder, waker, other end, device, interrupt, timer, quota', () => {
  const found = timeline(({ wait, life, writer }) => {
    life(sibling, 0, 10_000);
    const request = writer.waits.blockRequest({
      ...{ start: 4000, queued: 4600, issued: 4700, completed: 4990, device: (254 << 20) | 3, sector: 8, bytes: 4096 },
      ...{ op: 0, thread: writer.threadId(100, 101, 'worker'), error: 0 },
    });
    const socket = { inode: 5, device: 0, type: fileTypes.inet, local: '127.0.0.1:9' };
    const file = writer.waits.fileId({
      ...socket,
      ...{ name: 'socket:[5]', remote: '10.0.0.7:80', peer_pid: 300, peer_comm: 'writer' },
    });
    wait(victim, 1000, 900, { syscall: 'futex', arg0: 8, owner: 102, waker: hog, waker_syscall: 'futex' });
    wait(victim, 2000, 800, { syscall: 'read', file_type: fileTypes.pipe, waker: peer });
    wait(victim, 3000, 700, {
      syscall: 'recvfrom',
      file_type: fileTypes.inet,
      file,
      waker_context: wakerContexts.softirq,
    });
    wait(victim, 4000, 999, { state: 2, iowait: 1, syscall: 'pread64', request, waker_context: wakerContexts.block });
    wait(victim, 5000, 500, { state: 2, iowait: 1, waker_context: wakerContexts.irq });
    wait(victim, 6000, 400, { syscall: 'nanosleep', waker_context: wakerContexts.timer });
    wait(victim, 7000, 0, { throttled: 1, runnable: 300 });
    wait(victim, 8000, 2000, { syscall: 'futex', arg0: 9, open: 1 });
  });
  assert.deepEqual(culpritsOf(found), [
    'lock unknown 0 0  2000 waits:8',
    'block_io device 0 0 254:3 999 waits:4',
    'lock holder 100 102 pool 900 waits:1',
    'ipc waker 300 301 writer 800 waits:2',
    'network peer 300 0 writer 700 waits:3',
    'page_fault interrupt 0 0  500 waits:5',
    'sleep timer 0 0  400 waits:6',
    'throttled quota 0 0  300 waits:7',
  ]);
  const byId = new Map(found.waits.map((wait) => [wait.id, wait]));
  assert.deepEqual(byId.get('waits:4')?.request, { id: 1, device: '254:3', op: 'read', queue_ns: 700, device_ns: 290 });
  assert.match(byId.get('waits:3')?.what ?? '', /recvfrom.*10\.0\.0\.7:80/);
  assert.match(byId.get('waits:8')?.what ?? '', /^futex 0x9.*not over when the recording ended$/);
  assert.equal(byId.get('waits:7')?.what, '');
});

test('the longest waits come first, each with the calls that it was in', () => {
  const { waits, waits_total } = timeline(({ wait, call }) => {
    call(victim, 'cudaStreamSynchronize', 2900, 2000);
    call(victim, 'cuStreamSynchronize', 2950, 1900, { depth: 1 });
    wait(victim, 1000, 500, { syscall: 'futex', waker: sibling });
    wait(victim, 3000, 1500, { syscall: 'poll', waker: peer, runnable: 100 });
    wait(victim, 8000, 100, { runnable: 900 });
  });
  assert.equal(waits_total, 3);
  assert.deepEqual(
    waits.map(({ id, start_ns, duration_ns, runnable_ns, kind, tid }) => [
      id,
      start_ns,
      duration_ns,
      runnable_ns,
      kind,
      tid,
    ]),
    [
      ['waits:2', 3000, 1600, 100, waits[0]?.kind, 301],
      ['waits:3', 8000, 1000, 900, 'runnable', 0],
      ['waits:1', 1000, 500, 0, 'lock', 102],
    ],
  );
  assert.deepEqual(
    waits[0]?.calls.map(({ op }) => op),
    ['cudaStreamSynchronize', 'cuStreamSynchronize'],
  );
});

test('a long wait is told with the line of code that it was in', () => {
  const { waits } = timeline(({ wait }) => {
    wait(victim, 1000, 500, { syscall: 'futex', stack: ['take', pythonFrame('next_batch', '/srv/app/data.py', 31)] });
    wait(victim, 3000, 100, { syscall: 'futex' });
  });
  assert.deepEqual(
    waits.map(({ code }) => code),
    ['next_batch() at data.py:31', undefined],
  );
});

test('losses that touch the window, and waits that contradict one another, lower the confidence', () => {
  const { losses, confidence, contradictions, closure } = timeline(
    ({ wait, writer }) => {
      wait(victim, 2000, 1000, { syscall: 'futex' });
      wait(victim, 2500, 1000, { syscall: 'futex' });
      writer.loss('ring_full_off_cpu', 2000, 3000, 7);
      writer.loss('ring_full_off_cpu', 9000, 9500, 7);
      writer.loss('stack_failed', 2000, 3000, 1);
    },
    { start_ns: 1000, end_ns: 5000 },
  );
  assert.deepEqual(
    losses.map(({ reason, count }) => [reason, count]),
    [
      ['ring_full_off_cpu', 7],
      ['stack_failed', 1],
    ],
  );
  assert.deepEqual([confidence, contradictions, closure], [0.77, 1, 1]);
});

test('of another tool: what one thread lacks is no doubt about another, and what was not counted is not known to be running', () => {
  const build = ({ wait, writer }: Scene) => {
    wait(victim, 2000, 1000, { syscall: 'nanosleep' });
    writer.loss('wait_sampled', 0, 10_000, 7, 'thread 102: 7 intervals, 1 ms');
  };
  const other = timeline(build);
  assert.deepEqual([other.losses, other.confidence, other.closure], [[], 0.97, 1]);
  const own = timeline((made) => {
    build(made);
    made.writer.loss('wait_sampled', 0, 10_000, 7, 'thread 101: 7 intervals, 1 ms');
  });
  assert.deepEqual([own.losses.map(({ count }) => count), own.confidence], [[7], 0.87]);
  const uncounted = timeline(build, LIFE, { missing_abilities: 'row_counts' });
  assert.deepEqual(
    [uncounted.closure, uncounted.states.map(({ state, kind }) => `${state} ${kind}`)],
    [0.1, ['running unknown', 'blocked sleep']],
  );
});

test('reclaim, signals, faults and interrupts are told besides the states, with what is inside of the window', () => {
  const { happenings, turns } = timeline(
    ({ wait, writer }) => {
      const thread = writer.threadId(victim.pid, victim.tid, victim.comm);
      const other = writer.threadId(peer.pid, peer.tid, peer.comm);
      wait(victim, 2000, 100, { syscall: 'futex' });
      const site = {
        thread,
        site: 1,
        arg0: 0,
        waker: null,
        cpuOff: 0,
        cpuOn: 0,
        request: null,
        owner: null,
        detail: null,
        taken: null,
      };
      writer.waits.offCpu({ ...site, start: 500, blocked: 600, runnable: 0, irq: 70, stolen: 90, faults: 7 });
      writer.waits.offCpu({ ...site, start: 3000, blocked: 10, runnable: 0, irq: 40, stolen: 50, faults: 3 });
      writer.waits.scope({ time: 500, duration: 700, thread, kind: scopeKinds.direct_reclaim, detail: 0, value: 9 });
      writer.waits.scope({ time: 5000, duration: 50, thread: other, kind: scopeKinds.compaction, detail: 0, value: 9 });
      for (const time of [500, 1500, 1600])
        writer.waits.moment({ time, thread, kind: momentKinds.signal, value: 10, detail: 0, by: other });
    },
    { start_ns: 1000, end_ns: 9000 },
  );
  assert.deepEqual(turns, { irq_ns: 40, stolen_ns: 50, minor_faults: 3 });
  assert.deepEqual(happenings, [
    { kind: 'direct_reclaim', count: 1, duration_ns: 200 },
    { kind: 'signal', count: 2, duration_ns: 0 },
  ]);
});

test('without the scheduler nothing is claimed', () => {
  const { states, closure, steps, culprits, waits } = timeline(({ call }) => call(victim, 'cudaMalloc', 0, 10));
  assert.deepEqual([states, closure, steps, culprits, waits], [[], 0, [], [], []]);
});

test('waits of another process that had the same thread id are not its own', () => {
  const { waits_total } = timeline(({ wait }) => {
    wait(victim, 1000, 10, { syscall: 'futex' });
    wait({ pid: 200, tid: 101, comm: 'other' }, 2000, 10, { syscall: 'futex' });
  });
  assert.equal(waits_total, 1);
});

const drawn = fc.array(
  fc.record({
    gap: fc.integer({ min: 0, max: 400 }),
    blocked: fc.integer({ min: 0, max: 300 }),
    runnable: fc.integer({ min: 1, max: 300 }),
    cpuOff: fc.constantFrom(0, 1),
    cpu: fc.constantFrom(0, 1),
    throttled: fc.constantFrom(...([0, 0, 0, 1] as const)),
  }),
  { maxLength: 30 },
);

test('the tool and the views thread_states and run_queue_waits say the same', () => {
  fc.assert(
    fc.property(drawn, fc.array(fc.tuple(fc.constantFrom(0, 1), fc.integer({ min: 1, max: 500 }))), (rows, slices) => {
      const build = (made: Scene) => {
        made.life(victim, LIFE.start_ns, LIFE.end_ns);
        made.wait(peer, 0, 10);
        let at = 0;
        for (const { gap, blocked, throttled, ...parts } of rows) {
          made.wait({ ...victim, comm: gap % 2 === 0 ? 'worker' : 'renamed' }, at + gap, throttled ? 0 : blocked, {
            ...parts,
            throttled,
          });
          at += gap + (throttled ? 0 : blocked) + parts.runnable;
        }
        const free = [0, 0];
        for (const [i, [cpu, length]] of slices.entries()) {
          const start = free[cpu] ?? 0;
          made.slice(i % 3 === 0 ? hog : sibling, cpu, start, length);
          free[cpu] = start + length + (i % 7) * 10;
        }
      };
      recorded(build, (recording) => {
        const [task] = livesOf(threadsOf(recording, victim), victim);
        assert.ok(task !== undefined);
        const window = lifeIn(task, LIFE);
        assert.ok(window !== undefined);
        const { states, culprits } = timelineOf(recording, task, window, new Map(), SIZE);
        const view = recording.database
          .prepare(
            'SELECT state, kind, count(*) AS n, sum(duration_ns) AS ns FROM thread_states WHERE tid = 101 GROUP BY 1, 2',
          )
          .all()
          .map((row) => `${text(row, 'state')} ${text(row, 'kind')} ${number(row, 'n')} ${number(row, 'ns')}`);
        assert.deepEqual(
          states.map(({ state, kind, count, duration_ns }) => `${state} ${kind} ${count} ${duration_ns}`).sort(),
          view.sort(),
        );
        const inView = recording.database
          .prepare(`SELECT coalesce(culprit_tid, 0) AS tid, sum(culprit_ns) AS ns FROM run_queue_waits
             WHERE tid = 101 AND start_ns + duration_ns <= 10000 GROUP BY culprit_tid`)
          .all()
          .map((row) => `${number(row, 'tid')} ${number(row, 'ns')}`);
        const told = culprits
          .filter(({ kind }) => kind === 'runnable')
          .map(({ tid, duration_ns }) => `${tid} ${duration_ns}`);
        // A wait across the end of the life counts in full in the view, which is about waits and not about lives.
        if (
          rows.reduce((sum, row) => sum + row.gap + (row.throttled ? 0 : row.blocked) + row.runnable, 0) <= LIFE.end_ns
        )
          assert.deepEqual(told.sort(), inView.sort());
      });
    }),
    { numRuns: 40 },
  );
});

test('who kept the lock of Python while a wait for it ran into its time-out is named as in a chain', () => {
  const ms = 1_000_000;
  const forLock = { syscall: 'futex', arg0: 0x9000, gil: 1 } as const;
  const found = timeline(
    ({ wait }) => {
      wait(victim, 0, 5 * ms, { ...forLock, waker_context: wakerContexts.timer });
      // It looks again just when the other one has given the lock up, and wakes that one when it is done with it.
      wait(sibling, 5 * ms + 20_000, 2 * ms, { ...forLock, waker: victim });
      wait(victim, 7 * ms, 1 * ms, { ...forLock, arg0: 0x9004, waker: sibling });
    },
    { start_ns: 0, end_ns: 10 * ms },
  );
  assert.deepEqual(culpritsOf(found), [
    'gil holder 100 102 pool 5000000 waits:1',
    'gil waker 100 102 pool 1000000 waits:3',
  ]);
  assert.deepEqual(
    found.waits.map(({ by, comm }) => `${by} ${comm}`),
    ['holder pool', 'waker pool'],
  );
});
