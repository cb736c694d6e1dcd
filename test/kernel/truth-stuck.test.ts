// A thread that was blocked before the recording began and is so after its end, and one that began to wait in between.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { number } from '../../src/store/row.ts';
import { compileProgram, freshFolder, look, start, startRecorder, until, untilRecording } from './recorder.ts';
import { isSound } from './sound.ts';
import { readTruths, spent, truthTest, waitsIn } from './truths.ts';

truthTest('threads that are blocked when the recording begins or ends', async (t) => {
  const folder = freshFolder(t);
  const program = start(t, compileProgram(folder, 'truth-stuck'), []);
  await until('the first thread waits', () => program.stdout().includes('"before"'));
  const path = join(folder, 'run.db');
  const recorder = startRecorder(t, path, ['-p', String(program.pid), '-d', '700ms']);
  await untilRecording(path);
  program.kill('SIGUSR1');
  const { code, stderr } = await recorder.ended;
  assert.equal(code, 0, stderr);
  const seen = look(t, path);
  const truths = readTruths(seen, program.stdout());
  const lifeOf = (tid: number) => {
    const [task] = seen.rows('SELECT * FROM tasks WHERE tid = ?', tid);
    assert.ok(task, `tid ${tid}`);
    return { from: number(task, 'start_ns'), to: number(task, 'end_ns') };
  };
  const end = Math.max(...seen.rows('SELECT end_ns FROM tasks').map((row) => number(row, 'end_ns')));
  assert.ok(end > 600e6, `the recording lasts ${end} ns`);

  await t.test('one that waited all the time is blocked all the time', () => {
    const phase = truths.of('before');
    const { from, to } = lifeOf(phase.tid);
    // It was there before: seen from when its process was added.
    assert.ok(from < 300e6, `seen from ${from}`);
    assert.equal(to, end);
    assert.deepEqual([...spent(truths, phase.tid, from, to)], [['blocked ipc', to - from]]);
    const [wait, ...more] = waitsIn(truths, { ...phase, start: from, end: to });
    assert.ok(wait && more.length === 0, 'one wait');
    assert.equal(wait.open, 1);
    assert.equal(wait.waker_tid, null);
  });
  await t.test('one that began to wait is blocked from then to the end', () => {
    const phase = truths.of('during');
    const { from, to } = lifeOf(phase.tid);
    assert.ok(from >= phase.start && from < phase.start + 1e6, `it began at ${from} and in truth at ${phase.start}`);
    assert.equal(to, end);
    const last = waitsIn(truths, { ...phase, start: from, end: to }).at(-1);
    assert.ok(last);
    assert.deepEqual([last.open, last.kind, last.waker_tid], [1, 'ipc', null]);
    assert.equal(number(last, 'start_ns') + number(last, 'duration_ns'), end);
    const blocked = spent(truths, phase.tid, from, to).get('blocked ipc') ?? 0;
    assert.ok(end - phase.start - blocked < 2e6, `blocked for ${blocked} of ${end - phase.start} ns`);
  });
  await t.test('all of it is sound', () => isSound(seen));
});
