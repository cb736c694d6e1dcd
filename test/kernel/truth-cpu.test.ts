// Threads without a CPU, who ran instead, and threads that begin while a recording runs.
import assert from 'node:assert/strict';
import { number } from '../../src/store/row.ts';
import { makeGroup, noGroup } from './cgroup.ts';
import { compileProgram, freshFolder } from './recorder.ts';
import { isSound } from './sound.ts';
import {
  endedBy,
  isSpentOn,
  longest,
  nearly,
  type Phase,
  recordTruths,
  spent,
  type Truths,
  truthTest,
  waitsIn,
} from './truths.ts';

/** Who ran instead of a thread in a phase: ns for each of them. */
const instead = ({ seen }: Truths, { tid, start, end }: Phase) => {
  const rows = seen.rows(
    'SELECT * FROM run_queue_waits WHERE tid = ? AND start_ns < ? AND start_ns + duration_ns > ?',
    tid,
    end,
    start,
  );
  const waits = new Map(rows.map((row) => [number(row, 'id'), number(row, 'duration_ns')]));
  const ran = new Map<number, number>();
  for (const row of rows) {
    const culprit = number(row, 'culprit_tid');
    ran.set(culprit, (ran.get(culprit) ?? 0) + number(row, 'culprit_ns'));
  }
  return { ran, waited: [...waits.values()].reduce((sum, ns) => sum + ns, 0) };
};

const isBeside = (truths: Truths, name: string) => {
  const phase = truths.of(name);
  isSpentOn(truths, phase, 'runnable', 0);
  const { ran, waited } = instead(truths, phase);
  nearly(waited, phase.delay, `${name} without a CPU`);
  nearly(
    [...ran.values()].reduce((sum, ns) => sum + ns, 0),
    waited,
    `somebody else ran all that time`,
  );
  for (const [i, hog] of phase.numbers('hogs').entries()) {
    if (hog !== 0) nearly(ran.get(hog) ?? 0, phase.numbers('ran_ns')[i] ?? 0, `hog ${i} beside ${name}`);
  }
};

truthTest('a CPU that others use', async (t) => {
  const truths = await recordTruths(t, [compileProgram(freshFolder(t), 'truth-cpu')]);
  await t.test('a hog', () => isBeside(truths, 'hog'));
  await t.test('two hogs of more weight', () => isBeside(truths, 'nice'));
  await t.test('woken by a thread on another CPU', (s) => {
    const [phase] = truths.phases.filter(({ name }) => name === 'cross-cpu');
    if (phase === undefined) return s.skip('needs two CPUs');
    isSpentOn(truths, phase, 'ipc');
    const wait = longest(waitsIn(truths, phase, 'ipc'));
    endedBy(phase, wait);
    assert.equal(wait.cpu_on, phase.number('cpu'));
  });
  await t.test('all of it is sound', () => isSound(truths.seen));
});

/** How long others ran without a pause right before the ends of waits for quota. */
const queuedAfterQuota = ({ seen }: Truths): number => {
  let sum = 0;
  for (const wait of seen.rows(
    "SELECT start_ns, start_ns + duration_ns AS end_ns, cpu_on FROM waits WHERE kind = 'throttled'",
  )) {
    const slices = seen.rows(
      'SELECT start_ns, pid FROM run_slices WHERE cpu = ? AND start_ns < ? AND start_ns + duration_ns > ? ORDER BY start_ns DESC',
      number(wait, 'cpu_on'),
      number(wait, 'end_ns'),
      number(wait, 'start_ns'),
    );
    const idle = slices.findIndex(({ pid }) => pid === 0);
    const first = slices[(idle < 0 ? slices.length : idle) - 1];
    if (first !== undefined)
      sum += number(wait, 'end_ns') - Math.max(number(first, 'start_ns'), number(wait, 'start_ns'));
  }
  return sum;
};

truthTest(
  'a CPU quota',
  async (t) => {
    const program = compileProgram(freshFolder(t), 'truth-cpu');
    const group = makeGroup(t, 'cpu');
    group.write('cpu.cfs_period_us', '25000');
    group.write('cpu.cfs_quota_us', '5000');
    const truths = await recordTruths(t, ['sh', '-c', `echo $$ > ${group.procs} && exec ${program} quota 30`]);
    const phase = truths.of('quota');
    const truth = Number(/throttled_time (\d+)/.exec(group.read('cpu.stat'))?.[1]);
    assert.ok(truth > 50e6, `throttled for ${truth} ns`);
    isSpentOn(truths, phase, 'throttled', 0);
    const seen = truths.seen.count(
      "SELECT sum(duration_ns) AS n FROM thread_states WHERE state = 'throttled' AND kind = 'throttled'",
    );
    // Nothing tells when a thread gets quota again but has to wait for others: they then run up to its turn.
    nearly(seen, Math.min(Math.max(seen, truth), truth + queuedAfterQuota(truths)), 'out of quota');
    isSound(truths.seen);
  },
  noGroup('cpu'),
);

truthTest('a process and a thread that begin in mid-trace', async (t) => {
  const truths = await recordTruths(t, [compileProgram(freshFolder(t), 'truth-family')]);
  for (const phase of truths.phases) {
    await t.test(phase.name, () => {
      const [task, ...more] = truths.seen.rows('SELECT * FROM tasks WHERE tid = ?', phase.tid);
      assert.ok(task && more.length === 0, 'it is seen once');
      const start = number(task, 'start_ns');
      assert.ok(start >= phase.time('made_ns') && start <= phase.start, `it begins at ${start}`);
      assert.ok(number(task, 'end_ns') >= phase.end, 'it ends after its last word');
      const before = spent(truths, phase.tid, start, phase.start);
      for (const key of before.keys()) assert.match(key, /^(?:running|runnable)/, 'it was never blocked before it ran');
      isSpentOn(truths, phase, 'sleep');
    });
  }
  await t.test('all of it is sound', () => isSound(truths.seen));
});
