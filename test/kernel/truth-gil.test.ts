// The lock of Python, kept by a thread that sleeps in C or that computes in Python.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { compileProgram, freshFolder } from './recorder.ts';
import { isSound } from './sound.ts';
import { endedBy, endedThen, isSpentOn, recordTruths, truthTest, waitsIn } from './truths.ts';

const program = join(import.meta.dirname, 'programs', 'truth-gil.py');
const noPython =
  spawnSync('python3', ['-c', 'import ctypes, sys; assert (3, 9) <= sys.version_info < (3, 15)']).status === 0
    ? false
    : 'needs Python 3.9 to 3.14';

truthTest(
  'the lock of Python',
  async (t) => {
    const library = compileProgram(freshFolder(t), 'truth-gil', {
      output: 'truth-gil.so',
      flags: ['-shared', '-fPIC'],
    });
    const truths = await recordTruths(t, ['python3', program, library]);
    await t.test('kept during a call into C', () => {
      const phase = truths.of('gil-held');
      isSpentOn(truths, phase, 'gil', phase.blocked - phase.number('slept_ns'));
      const last = waitsIn(truths, phase, 'gil').at(-1);
      assert.ok(last);
      // The waiter looks again each 5 ms by itself: in the moment after it was given back, too.
      if (last.waker_context === 'timer') endedThen({ ...phase, start: 0 }, last);
      else endedBy({ ...phase, start: 0 }, last);
    });
    await t.test('kept by a thread that computes', () => {
      const phase = truths.of('gil-hog');
      isSpentOn(truths, phase, 'gil', phase.blocked - phase.number('slept_ns'));
      // It may be given back between two looks of the waiter's own: then nobody wakes it. And some kernels hide who wakes
      // in a moment now and then.
      const waits = waitsIn(truths, phase, 'gil');
      const hidden = waits.filter((wait) => wait.waker_context === null);
      assert.ok(hidden.length <= waits.length / 4, `${hidden.length} of ${waits.length} have no end that was seen`);
      for (const wait of waits)
        if (wait.waker_context !== 'timer' && wait.waker_context !== null)
          assert.equal(wait.waker_tid, phase.by, JSON.stringify(wait));
    });
    await t.test('all of it is sound', () => isSound(truths.seen));
  },
  noPython,
);
