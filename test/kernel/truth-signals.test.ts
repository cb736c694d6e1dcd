// Waits for time, for signals and for the end of a child.
import assert from 'node:assert/strict';
import { compileProgram, freshFolder } from './recorder.ts';
import { isSound } from './sound.ts';
import { endedBy, endedThen, isSpentOn, longest, recordTruths, type Truths, truthTest, waitsIn } from './truths.ts';

const onlyWait = (truths: Truths, name: string, kind: string) => {
  isSpentOn(truths, truths.of(name), kind);
  return longest(waitsIn(truths, truths.of(name), kind));
};

truthTest('sleeps and time-outs, which nobody ends', async (t) => {
  const truths = await recordTruths(t, [compileProgram(freshFolder(t), 'truth-timers')]);
  for (const { name } of truths.phases) {
    await t.test(name, () => {
      const wait = onlyWait(truths, name, 'sleep');
      assert.equal(wait.waker_context, 'timer');
      assert.equal(wait.waker_tid, null);
      endedThen(truths.of(name), wait);
    });
  }
  await t.test('all of it is sound', () => isSound(truths.seen));
});

truthTest('signals and children', async (t) => {
  const truths = await recordTruths(t, [compileProgram(freshFolder(t), 'truth-signals')]);
  await t.test('a signal is waited for', () => endedBy(truths.of('sigwait'), onlyWait(truths, 'sigwait', 'signal')));
  await t.test('a process is stopped and continued', () =>
    endedBy(truths.of('stop'), onlyWait(truths, 'stop', 'signal')),
  );
  await t.test('a child ends', () => endedBy(truths.of('child'), onlyWait(truths, 'child', 'child')));
  await t.test('a storm of signals: each one, and who sent them', () => {
    const phase = truths.of('storm');
    isSpentOn(truths, phase, 'signal');
    const sent = phase.number('sent');
    const waits = waitsIn(truths, phase, 'signal');
    assert.ok(waits.length <= sent + 1 && waits.length > sent / 2, `${waits.length} waits, ${sent} signals`);
    for (const wait of waits) assert.equal(wait.waker_tid, phase.by, JSON.stringify(wait));
    const moments = truths.seen.rows(
      "SELECT * FROM moments WHERE kind = 'signal' AND pid = ? AND value = ? AND time_ns BETWEEN ? AND ?",
      phase.pid,
      phase.number('signal'),
      phase.start,
      phase.end,
    );
    assert.equal(moments.length, sent);
    for (const moment of moments) assert.equal(moment.by_tid, phase.by, JSON.stringify(moment));
  });
  await t.test('all of it is sound', () => isSound(truths.seen));
});
