// A wait that leads through three programs, of which only the first is traced: a lock, its owner who waits for a pipe, and
// the writer, who sleeps and then lacks a CPU because of a hog.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { number } from '../../src/store/row.ts';
import { compileProgram, freshFolder, record, start, until } from './recorder.ts';
import { isSound } from './sound.ts';
import { endedBy, isSpentOn, longest, nearly, readTruths, truthTest, waitsIn } from './truths.ts';

truthTest('a chain through processes that are not traced', async (t) => {
  const folder = freshFolder(t);
  const program = compileProgram(folder, 'truth-chain');
  const pipes = ['go', 'back'].map((name) => join(folder, name));
  execFileSync('mkfifo', pipes);
  const writer = start(t, program, ['writer', ...pipes]);
  await until('the writer waits', () => writer.stdout().includes('ready'));
  const recorded = await record(t, ['--', program, 'victim', ...pipes]);
  assert.equal(recorded.ended.code, 0, recorded.ended.stderr);
  const truths = readTruths(recorded, recorded.ended.stdout + (await writer.ended).stdout);
  const [victim, holder, other] = ['victim', 'holder', 'writer'].map(truths.of);
  assert.ok(victim && holder && other);

  await t.test('the victim waits for the owner of the lock', () => {
    isSpentOn(truths, victim, 'lock');
    const wait = longest(waitsIn(truths, victim, 'lock'));
    endedBy(victim, wait);
    assert.equal(wait.owner_tid, holder.tid);
  });
  await t.test('the owner waits for the writer', () => {
    isSpentOn(truths, holder, 'ipc');
    endedBy({ ...holder, by: other.tid, byPid: other.pid, done: other.done }, longest(waitsIn(truths, holder, 'ipc')));
  });
  await t.test('the writer slept, then lacked a CPU: rows of a task that is not traced', () => {
    const sleep = longest(waitsIn(truths, { ...other, start: other.time('sleep_ns'), end: other.start }, 'sleep'));
    nearly(number(sleep, 'blocked_ns'), 30e6, 'asleep');
    const waits = waitsIn(truths, other, 'runnable');
    nearly(
      waits.reduce((sum, row) => sum + number(row, 'duration_ns'), 0),
      other.delay,
      'without a CPU',
    );
    assert.deepEqual(new Set([sleep, ...waits].map(({ tracked }) => tracked)), new Set([0]));
    assert.equal(recorded.count('SELECT count(*) AS n FROM tasks WHERE pid = ?', other.pid), 0);
  });
  await t.test('the hog ran instead of it', () => {
    const ran = recorded.count(
      'SELECT sum(culprit_ns) AS n FROM run_queue_waits WHERE tid = ? AND culprit_tid = ? AND start_ns >= ?',
      other.tid,
      other.by,
      other.start - 1e6,
    );
    nearly(ran, other.number('ran_ns'), 'the hog');
  });
  await t.test('all of it is sound', () => isSound(recorded));
});
