// Waits for another process that writes, sends or posts, and what is known of the file between the two.
import assert from 'node:assert/strict';
import { text } from '../../src/store/row.ts';
import { compileProgram, freshFolder } from './recorder.ts';
import { isSound } from './sound.ts';
import { endedBy, fileOf, isSpentOn, longest, recordTruths, type Truths, truthTest, waitsIn } from './truths.ts';

const isWoken = (truths: Truths, name: string) => {
  const phase = truths.of(name);
  isSpentOn(truths, phase, 'ipc');
  const wait = longest(waitsIn(truths, phase, 'ipc'));
  endedBy(phase, wait);
  const inode = phase.number('inode');
  // What poll and epoll wait for are several files.
  if (inode !== 0 && wait.syscall === 'read') assert.equal(fileOf(truths, wait).inode, inode);
};

/** On one host the sender wakes the receiver, in a softirq of its own; it is the process at the other end. */
const isSent = (truths: Truths, name: string) => {
  const phase = truths.of(name);
  isSpentOn(truths, phase, 'network');
  const wait = longest(waitsIn(truths, phase, 'network'));
  endedBy(phase, wait);
  assert.equal(wait.waker_context, 'softirq');
  const file = fileOf(truths, wait);
  assert.equal(file.inode, phase.number('inode'));
  assert.match(text(file, 'local'), new RegExp(`^127\\.0\\.0\\.1:${phase.number('port')}$`));
  assert.match(text(file, 'remote'), /^127\.0\.0\.1:\d+$/);
  // Of UDP the sender is known by the wake alone.
  assert.equal(name === 'udp' ? wait.waker_pid : file.peer_pid, phase.byPid);
};

truthTest('another process writes, sends or posts', async (t) => {
  const truths = await recordTruths(t, [compileProgram(freshFolder(t), 'truth-ipc')]);
  for (const name of ['pipe', 'unix', 'eventfd', 'epoll-pipe', 'queue']) {
    await t.test(name, () => isWoken(truths, name));
  }
  for (const name of ['tcp', 'poll-tcp', 'udp']) await t.test(name, () => isSent(truths, name));
  await t.test('all of it is sound', () => isSound(truths.seen));
});
