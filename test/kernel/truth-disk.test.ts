// Waits for a disk: which request, of which file, and whether the time went before the device or in it.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { number, type Row } from '../../src/store/row.ts';
import { makeGroup, noGroup } from './cgroup.ts';
import { compileProgram, freshFolder } from './recorder.ts';
import { isSound } from './sound.ts';
import { fileOf, isSpentOn, nearly, type Phase, recordTruths, type Truths, truthTest, waitsIn } from './truths.ts';

// Major number of the device in bits 8 to 19 of st_dev; 0 is a file system without a device: include/linux/kdev_t.h.
const noDisk = ((statSync(tmpdir()).dev >> 8) & 0xfff) === 0 ? `${tmpdir()} is on no block device` : false;

/** The requests whose completion ended waits. */
const requestsOf = ({ seen }: Truths, waits: readonly Row[]): readonly Row[] =>
  waits.flatMap((wait) =>
    typeof wait.request === 'number' ? seen.rows('SELECT * FROM block_requests WHERE id = ?', wait.request) : [],
  );

/** Each of a phase's waits of a kind was ended by a request of this size, which reads for this process. */
const areRead = (truths: Truths, phase: Phase, kind: string): readonly Row[] => {
  isSpentOn(truths, phase, kind);
  const waits = waitsIn(truths, phase, kind);
  const requests = requestsOf(truths, waits);
  const times = phase.number('times');
  // A disk may be done before its reader sleeps: the kernel counts how often it slept.
  assert.ok(Math.abs(waits.length - times) <= 2, `${waits.length} waits, it slept ${times} times`);
  assert.ok(times > 0, `it slept ${times} times`);
  // The kernel here runs no program while a thread of process 1 is current: then nobody sees the completion.
  const unseen = waits.filter(({ request, waker_context: context }) => request === null && context === null);
  assert.ok(
    unseen.length <= Math.max(2, times / 4),
    `${unseen.length} of ${waits.length} waits have an end that nobody saw`,
  );
  assert.equal(requests.length + unseen.length, waits.length, 'waits that a request ended');
  for (const request of requests) {
    assert.equal(request.bytes, phase.number('bytes'), JSON.stringify(request));
    assert.match(String(request.op), /^read/i);
    assert.equal(request.device, phase.text('device'));
    assert.equal(request.pid, phase.pid);
  }
  for (const wait of waits) assert.equal(fileOf(truths, wait).inode, phase.number('inode'), JSON.stringify(wait));
  return requests;
};

truthTest(
  'a disk',
  async (t) => {
    const folder = freshFolder(t);
    const truths = await recordTruths(t, [compileProgram(folder, 'truth-disk'), folder]);
    await t.test('much is written back', () => {
      const phase = truths.of('fsync');
      isSpentOn(truths, phase, 'writeback');
      const waits = waitsIn(truths, phase, 'writeback');
      const strange = waits.filter(
        ({ request, waker_comm: waker, waker_context: context }) =>
          request === null && context !== null && !/^(?:jbd2|kworker)\//.test(String(waker)),
      );
      assert.deepEqual(strange, [], 'a request or a kernel thread ends each of them');
    });
    await t.test('a kernel thread completes what was written', () => {
      const phase = truths.of('journal');
      isSpentOn(truths, phase, 'writeback');
      const waits = waitsIn(truths, phase, 'writeback');
      // With a journal it is the journal's thread, else a worker.
      const committed = waits.filter(({ waker_comm: waker }) => /^(?:jbd2|kworker)\//.test(String(waker)));
      assert.ok(committed.length >= phase.number('times') / 2, `${committed.length} of ${waits.length} waits`);
      // What that thread did meanwhile is kept too.
      const kept = truths.seen.count(
        "SELECT count(*) AS n FROM waits WHERE tracked = 0 AND (comm LIKE 'jbd2/%' OR comm LIKE 'kworker/%') AND start_ns BETWEEN ? AND ?",
        phase.start,
        phase.end,
      );
      assert.ok(kept > 0, 'intervals of that thread');
    });
    await t.test('reads past the page cache', () => {
      areRead(truths, truths.of('direct'), 'block_io');
    });
    await t.test('faults in a mapped file', () => {
      areRead(truths, truths.of('faults'), 'page_fault');
    });
    await t.test('all of it is sound', () => isSound(truths.seen));
  },
  noDisk,
);

truthTest(
  'a disk of which a group may use little',
  async (t) => {
    const folder = freshFolder(t);
    const group = makeGroup(t, 'blkio');
    const { dev } = statSync(folder);
    group.write('blkio.throttle.read_bps_device', `${(dev >> 8) & 0xfff}:${dev & 0xff} 1048576`);
    const truths = await recordTruths(t, [compileProgram(folder, 'truth-disk'), folder, group.procs]);
    const phase = truths.of('throttled');
    assert.ok(phase.blocked > 40e6, 'the group had to wait');
    const requests = areRead(truths, phase, 'block_io');
    const sum = (column: string) => requests.reduce((total, row) => total + number(row, column), 0);
    nearly(sum('queue_ns'), phase.blocked - sum('device_ns'), 'before the device had it');
    assert.ok(sum('device_ns') < phase.blocked / 10, `${sum('device_ns')} ns in the device`);
    isSound(truths.seen);
  },
  noDisk || noGroup('blkio'),
);
