// Too little memory for a group, and a page fault that another thread serves.
import assert from 'node:assert/strict';
import { number } from '../../src/store/row.ts';
import { makeGroup, noGroup } from './cgroup.ts';
import { compileProgram, freshFolder, record } from './recorder.ts';
import { isSound } from './sound.ts';
import { traceEvents } from './trace-events.ts';
import { endedBy, isSpentOn, longest, nearly, readTruths, recordTruths, truthTest, waitsIn } from './truths.ts';

truthTest(
  'a group with little memory',
  async (t) => {
    const folder = freshFolder(t);
    const group = makeGroup(t, 'memory');
    group.write('memory.limit_in_bytes', '16M');
    const trace = traceEvents(t, ['vmscan/mm_vmscan_memcg_reclaim_begin', 'vmscan/mm_vmscan_memcg_reclaim_end']);
    const truths = await recordTruths(t, [compileProgram(folder, 'truth-memory'), group.procs, folder]);
    await t.test('it gives memory back before it gets more', () => {
      const phase = truths.of('reclaim');
      const times = trace.read().filter(({ tid }) => tid === phase.tid);
      const [begins, ends] = ['begin', 'end'].map((word) => times.filter(({ event }) => event.endsWith(word)));
      assert.ok(begins && ends && begins.length > 0 && begins.length === ends.length);
      const truth = ends.reduce((sum, { time }, i) => sum + time - (begins[i]?.time ?? 0), 0);
      const scopes = truths.seen.rows("SELECT * FROM scopes WHERE kind = 'memcg_reclaim' AND tid = ?", phase.tid);
      assert.equal(scopes.length, begins.length);
      nearly(
        scopes.reduce((sum, row) => sum + number(row, 'duration_ns'), 0),
        truth,
        'reclaiming',
      );
      for (const scope of scopes) {
        assert.ok(number(scope, 'start_ns') >= phase.start && number(scope, 'start_ns') < phase.end);
      }
    });
    await t.test('the kernel kills the one that wants too much', () => {
      const phase = truths.of('oom');
      assert.equal(phase.number('killed_by'), 9);
      const [moment, ...more] = truths.seen.rows("SELECT * FROM moments WHERE kind = 'oom_kill'");
      assert.ok(moment && more.length === 0, 'one kill');
      assert.equal(moment.pid, phase.by);
      const time = number(moment, 'time_ns');
      assert.ok(time > phase.time('asked_ns') && time < phase.end, `killed at ${time}`);
      const killed = truths.seen.rows('SELECT exit_signal FROM processes WHERE pid = ? AND tracked = 1', phase.by);
      assert.deepEqual(
        killed.map(({ exit_signal: signal }) => signal),
        [9],
      );
    });
    await t.test('all of it is sound', () => isSound(truths.seen));
  },
  noGroup('memory'),
);

truthTest('a page fault that a thread of the program serves', async (t) => {
  const recorded = await record(t, ['--', compileProgram(freshFolder(t), 'truth-fault')]);
  if (recorded.ended.code === 77) return t.skip('the kernel does not allow userfaultfd');
  const truths = readTruths(recorded, recorded.ended.stdout);
  const phase = truths.of('userfault');
  isSpentOn(truths, phase, 'page_fault');
  endedBy(phase, longest(waitsIn(truths, phase, 'page_fault')));
  isSound(recorded);
});
