// What is said of recordings of which only some rows are read, or in which a row stands for several.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded, type Scene } from '../../test/recorded.ts';
import { sparselyRecorded } from '../../test/sparse.ts';
import { argumentNames } from '../catalogue/arguments.ts';
import { calls } from '../catalogue/calls.ts';
import { oneIn } from '../store/read-stacks.ts';
import { causalChains } from './chains.ts';
import { stackGroups } from './stacks.ts';
import { createBaselines } from './symptoms/baseline.ts';
import { failuresOf } from './symptoms/failure.ts';
import { gapsOf } from './symptoms/gap.ts';
import { slowCalls } from './symptoms/slow-call.ts';
import { timelineNotes } from './timeline/notes.ts';
import { readsOf } from './timeline/reads.ts';
import { threadsOf } from './timeline/thread.ts';
import { timelineOf } from './timeline.ts';

const main = { pid: 100, tid: 100, comm: 'python3' };
const other = { pid: 200, tid: 200, comm: 'other' };
const ms = 1e6;
const SECONDS = 240;
const A_SECOND = 10;

const opId = (name: string): number => calls.find(({ op }) => op === name)?.id ?? 0;

/** Ten calls a second, one of them slow, a tenth of a second from one to the next; an event that is seldom ready. */
const busy = (made: Scene) => {
  const { call, wait, writer } = made;
  made.process(main.pid, main.comm);
  for (let second = 0; second < SECONDS; second++) {
    for (let i = 0; i < A_SECOND; i++) {
      const start = second * 1e9 + i * 100 * ms;
      if (i === 5) call(main, 'cudaStreamSynchronize', start, 0.1 * ms + (second % 8 === 0 ? 40 * ms : 0));
      else if (i === 6) call(main, 'cudaEventQuery', start, 1000, { ret: 1 });
      else call(main, 'cudaLaunchKernel', start, 10_000);
      wait(main, start + 60 * ms, 10 * ms, { syscall: 'nanosleep', stack: ['nap', 'main'] });
      wait(other, start, 20 * ms + second, { syscall: 'nanosleep' });
    }
    writer.commit((second + 1) * 1e9);
  }
};

test('numbers of slow calls are estimates where segments were left out, and the answer says so', () => {
  sparselyRecorded(busy, (recording) => {
    const { slow, usual, isPart } = slowCalls(recording, { window: recording.window });
    assert.ok(isPart);
    assert.ok(slow.length > 0);
    assert.deepEqual(new Set([...slow, ...usual].map(({ isEstimate }) => isEstimate)), new Set([true]));
    const { notes = [] } = causalChains(recording, { top: 5 });
    assert.match(notes[0] ?? '', /numbers of slow calls are estimates/);
    assert.match(notes[1] ?? '', /failures of cudaEventQuery$/);
  });
  recorded(busy, (recording) => {
    const { slow, isPart } = slowCalls(recording, { window: recording.window });
    assert.ok(!isPart && slow.every(({ isEstimate }) => isEstimate === false));
    assert.equal(causalChains(recording, { top: 5 }).notes, undefined);
  });
});

test('a gap counts for all that the stretches which were read stand for, and the answer says about', () => {
  const [gap] = recorded(busy, (recording) => gapsOf(recording, recording.window));
  sparselyRecorded(busy, (recording) => {
    const [some] = gapsOf(recording, recording.window);
    assert.ok(gap && some && gap.share === 1 && some.share < 0.2, `${some?.share}`);
    for (const name of ['count', 'total_ns', 'span_ns'] as const)
      assert.ok(Math.abs(some[name] / gap[name] - 1) < 0.15, `${name}: ${some[name]} of ${gap[name]}`);
    const found = causalChains(recording, { top: 5 }).chains.find(({ symptom }) => symptom.kind === 'gap');
    assert.match(found?.summary ?? '', /for about \d+ % of .*\(about \d+ gaps before/);
  });
});

test('waits of a thread that may be longer than those found are told of', () => {
  sparselyRecorded(busy, (recording) => {
    const timeline = timelineOf(recording, main, recording.window, new Map(), { steps: 10, waits: 3 });
    const task = { ...main, ...recording.window, waited_ns: 0 };
    assert.equal(timeline.has_longest, false);
    const notes = timelineNotes(recording, timeline, task, recording.window, true).join('\n');
    assert.match(notes, /there may be longer ones/);
    assert.equal(recording.longestWaits(other.tid, recording.window, 3).isWhole, true);
  });
});

test('what has a stack is an estimate where not all rows were counted', () => {
  const coverage = (window?: { start_ns: number; end_ns: number }) =>
    [sparselyRecorded, recorded].map((read) =>
      read(busy, (recording) => {
        const filter = { sources: ['waits' as const], native: false, ...(window === undefined ? {} : { window }) };
        return stackGroups(recording, filter).coverage[0]?.estimated;
      }),
    );
  assert.deepEqual(coverage(), [true, undefined]);
  assert.deepEqual(coverage({ start_ns: 0, end_ns: 20e9 }), [undefined, undefined]);
});

test('one in so many stacks is one in so many of those that are taken in turns, too', () => {
  recorded(
    () => {},
    ({ database }) => {
      for (const every of [2, 3, 4, 7])
        for (let turn = 0; turn < every; turn++) {
          const row = database
            .prepare(
              `WITH RECURSIVE o (taken) AS (SELECT ${turn} UNION ALL SELECT taken + ${every} FROM o LIMIT 20000)
               SELECT count(*) AS n FROM o WHERE ${oneIn(every)}`,
            )
            .get();
          assert.ok(Math.abs((Number(row?.n) * every) / 20_000 - 1) < 0.05, `1 in ${every}, ${turn}: ${row?.n}`);
        }
    },
  );
});

/** A call whose row stands for ten. */
const weighed = ({ writer }: Scene, op: string, start: number, duration: number, ret = 0) => {
  const args = writer.argumentsId(
    argumentNames.map(() => null),
    false,
    10,
  );
  writer.call(start, duration, writer.threadId(main.pid, main.tid, main.comm), opId(op), 0, ret, args, 0, 0);
  for (let i = 0; i < 10; i++) writer.totals.add(main.pid, opId(op), start + duration, duration, ret !== 0);
};

test('a row that stands for ten calls counts for ten, and is one where rows must be enough', () => {
  recorded(
    (made) => {
      made.process(main.pid, main.comm);
      for (let i = 0; i < 6; i++) weighed(made, 'cudaMalloc', i * 100 * ms, i < 4 ? 10_000 : 20 * ms);
      made.call(main, 'cudaMalloc', 700 * ms, 60_000);
      weighed(made, 'cudaFree', 610 * ms, 1000, 3);
      weighed(made, 'cudaFree', 611 * ms, 2000, 3);
      made.writer.loss('shed_call', 0, 900 * ms, 60);
    },
    (recording) => {
      const [slow] = slowCalls(recording, { window: recording.window, op: 'cudaMalloc' }).slow;
      assert.deepEqual([slow?.count, slow?.total_ns, slow?.isEstimate], [20, 400 * ms, true]);
      const kind = { pid: main.pid, op: 'cudaMalloc', fn: null, bytes: null };
      const baseline = createBaselines(recording)(kind);
      assert.deepEqual([baseline.at, baseline.calls, baseline.usual_ns], ['median', 7, 10_000]);
      const failures = failuresOf(recording, { window: recording.window });
      assert.deepEqual(
        failures.map(({ op, count, total_ns, isEstimate }) => [op, count, total_ns, isEstimate]),
        [['cudaFree', 20, 30_000, true]],
      );
      const { chains } = causalChains(recording, { top: 5 });
      assert.match(chains.map(({ summary }) => summary).join('\n'), /cudaFree .* failed about 20 times/);
    },
  );
});

test('a failure whose row came late is found in a large recording', () => {
  const found = sparselyRecorded(
    (made) => {
      busy(made);
      const { writer } = made;
      const thread = writer.threadId(main.pid, main.tid, main.comm);
      const args = writer.argumentsId(
        argumentNames.map(() => null),
        false,
      );
      writer.call((SECONDS + 1) * 1e9, 1000, thread, opId('cudaMalloc'), 0, 2, args, 0, 0);
      writer.commit((SECONDS + 2) * 1e9);
      for (let second = SECONDS + 2; second < SECONDS + 40; second++) {
        for (let i = 0; i < 50; i++) made.call(main, 'cudaLaunchKernel', second * 1e9 + i * ms, 10_000);
        if (second === SECONDS + 9) writer.totals.add(main.pid, opId('cudaMalloc'), second * 1e9, 1000, true);
        writer.commit((second + 1) * 1e9);
      }
    },
    (recording) => failuresOf(recording, { window: recording.window }).map(({ op, count }) => [op, count]),
  );
  assert.deepEqual(found, [['cudaMalloc', 1]]);
});

test('how much of a window is read goes by the waits that are in it', () => {
  sparselyRecorded(
    (made) => {
      busy(made);
      made.wait(other, 9000e9, 5, { syscall: 'nanosleep' });
    },
    (recording) => {
      const window = { start_ns: 0, end_ns: SECONDS * 1e9 };
      assert.ok(readsOf(recording, main.tid, window, 20).length > 1);
      assert.deepEqual(readsOf(recording, main.tid, { start_ns: 1000e9, end_ns: 8000e9 }, 20).length, 1);
    },
  );
});

test('a wait that stands for five counts for five, its time for one', () => {
  recorded(
    ({ wait, life }) => {
      for (let i = 0; i < 8; i++) wait(main, i * ms, 10_000, { syscall: 'nanosleep', waker_context: 2, weight: 5 });
      wait(main, 9 * ms, 100_000, { syscall: 'nanosleep', waker_context: 2 });
      life(main, 0, 20 * ms);
    },
    (recording) => {
      const timeline = timelineOf(recording, main, recording.window, new Map(), { steps: 2, waits: 3 });
      assert.equal(timeline.waits_total, 41);
      const blocked = timeline.states.find(({ state }) => state === 'blocked');
      assert.deepEqual([blocked?.count, blocked?.duration_ns], [41, 180_000]);
    },
  );
});

test('while a large recording goes on, a thread is known up to its last wait, wherever that is', () => {
  const gone = { pid: 100, tid: 101, comm: 'worker' };
  const last = 70e9 + 33 * ms;
  sparselyRecorded(
    (made) => {
      made.process(main.pid, main.comm);
      for (const thread of [main, gone])
        made.writer.waits.taskBorn(made.writer.threadId(thread.pid, thread.tid, thread.comm), 0);
      made.wait(gone, 1e9, 5, { syscall: 'nanosleep' });
      for (let second = 2; second < SECONDS; second++) {
        for (let i = 0; i < A_SECOND; i++) made.wait(main, second * 1e9 + i * ms, 5, { syscall: 'nanosleep' });
        if (second === 70) made.wait(gone, last - 5, 5, { syscall: 'nanosleep' });
        made.writer.commit((second + 1) * 1e9);
      }
    },
    (recording) => {
      const { tasks } = threadsOf(recording, { pid: 100 });
      assert.equal(tasks.find(({ tid }) => tid === gone.tid)?.end_ns, last);
    },
  );
});
