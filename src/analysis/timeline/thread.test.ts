import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded } from '../../../test/recorded.ts';
import { choose, lifeIn, livesOf, threadsOf } from './thread.ts';

const main = { pid: 100, tid: 100, comm: 'main' };
const worker = { pid: 100, tid: 101, comm: 'worker' };
const again = { pid: 200, tid: 101, comm: 'again' };
const ALL = { start_ns: 0, end_ns: 1000 };

test('lives are found by thread, by process, or all of them; the one that waited most is chosen', () => {
  recorded(
    ({ life, wait }) => {
      life(main, 0, 1000);
      life(worker, 100, 300);
      life(again, 500, 900);
      wait(main, 10, 50);
      wait(worker, 150, 100);
      wait(again, 600, 60);
    },
    (recording) => {
      const threads = threadsOf(recording, {});
      const names = (wanted: { tid?: number; pid?: number }) => livesOf(threads, wanted).map(({ comm }) => comm);
      assert.equal(threads.known, true);
      assert.deepEqual(names({}), ['main', 'worker', 'again']);
      assert.deepEqual(names({ tid: 101 }), ['worker', 'again']);
      assert.deepEqual(names({ tid: 101, pid: 200 }), ['again']);
      assert.deepEqual(names({ pid: 100 }), ['main']);
      assert.deepEqual(names({ pid: 200 }), []);
      assert.equal(choose(threads.tasks, ALL)?.comm, 'worker');
      // It did not live in this window.
      assert.equal(choose(threads.tasks, { start_ns: 400, end_ns: 1000 })?.comm, 'again');
      assert.equal(choose(livesOf(threads, { tid: 101 }), { start_ns: 300, end_ns: 500 }), undefined);
    },
  );
});

test('a window is cut to the life of the thread', () => {
  const task = { ...worker, start_ns: 100, end_ns: 300, waited_ns: 0 };
  assert.deepEqual(lifeIn(task, ALL), { start_ns: 100, end_ns: 300 });
  assert.deepEqual(lifeIn(task, { start_ns: 200, end_ns: 250 }), { start_ns: 200, end_ns: 250 });
  assert.equal(lifeIn(task, { start_ns: 300, end_ns: 1000 }), undefined);
});

test('while a life and its recording go on, it is known up to the last wait that was written', () => {
  recorded(
    ({ wait, writer }) => {
      writer.waits.taskBorn(writer.threadId(100, 101, 'worker'), 5);
      wait(worker, 100, 50, { runnable: 20 });
      wait(main, 100, 800);
    },
    (recording) => {
      const [task] = threadsOf(recording, {}).tasks;
      assert.deepEqual([task?.start_ns, task?.end_ns, task?.waited_ns], [5, 170, 70]);
    },
  );
});

test('a recording that does not tell of lives has the threads of its traced processes, for all of its time', () => {
  recorded(
    ({ wait, process }) => {
      process(100, 'main');
      wait(worker, 100, 50);
      wait({ pid: 999, tid: 999, comm: 'other' }, 100, 500);
    },
    (recording) => {
      const { tasks, known } = threadsOf(recording, {});
      assert.equal(known, false);
      assert.deepEqual(tasks, [{ ...worker, start_ns: 0, end_ns: 600, waited_ns: 50 }]);
    },
  );
});
