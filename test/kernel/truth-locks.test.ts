// Waits for locks, told by the waiter and by who held them.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { compileProgram, freshFolder } from './recorder.ts';
import { isSound } from './sound.ts';
import { endedBy, fileOf, isSpentOn, longest, recordTruths, type Truths, truthTest, waitsIn } from './truths.ts';

/** The one wait of a phase, for a lock that this thread had at that time: null for what has no owner. */
const isOwned = (truths: Truths, name: string, owner: number | null) => {
  for (const phase of truths.phases.filter((each) => each.name === name)) {
    isSpentOn(truths, phase, 'lock');
    const wait = longest(waitsIn(truths, phase, 'lock'));
    endedBy(phase, wait);
    assert.equal(wait.owner_tid, owner ?? null, `who held it when ${name} began to wait`);
    assert.match(String(wait.syscall), owner === null && /^f(?:lock|cntl)$/.test(name) ? /^f(?:lock|cntl)$/ : /^futex/);
  }
};

truthTest('locks', async (t) => {
  const folder = freshFolder(t);
  const truths = await recordTruths(t, [compileProgram(folder, 'truth-locks'), join(folder, 'locked')]);
  await t.test('a mutex whose owner sleeps', () => isOwned(truths, 'mutex', truths.of('mutex').by));
  await t.test('a convoy: the owner at the time of blocking, and the one who let it go', () => {
    const [first, ...rest] = truths.phases.filter(({ name }) => name === 'convoy');
    assert.ok(first && rest.length === 2);
    isOwned(truths, 'convoy', first.number('owner'));
  });
  await t.test('a condition variable, which nobody owns', () => isOwned(truths, 'condition', null));
  await t.test('a semaphore that another process posts', () => isOwned(truths, 'semaphore', null));
  await t.test('a wait in pieces is one wait for a lock, not a row of sleeps', () => {
    const phase = truths.of('rewait');
    isSpentOn(truths, phase, 'lock');
    const last = waitsIn(truths, phase, 'lock').at(-1);
    assert.ok(last);
    endedBy(phase, last);
  });
  for (const name of ['flock', 'fcntl']) {
    await t.test(`a lock of a file, by ${name}`, () => {
      isOwned(truths, name, null);
      const wait = longest(waitsIn(truths, truths.of(name), 'lock'));
      assert.equal(fileOf(truths, wait).name, truths.of(name).text('path'));
    });
  }
  await t.test('all of it is sound', () => isSound(truths.seen));
});
