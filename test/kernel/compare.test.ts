// A real loop that gets slower half-way, since a hog begins to burn its CPU: compared with its first half the hog comes first,
// and two halves of its healthy time do not differ.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareWindows } from '../../src/analysis/compare/compare-windows.ts';
import { number } from '../../src/store/row.ts';
import { makeGroup, noGroup } from './cgroup.ts';
import { freshFolder, lab, type Owner, record } from './recorder.ts';
import { truthTest } from './truths.ts';

const SECOND = 1e9;
/** What else the machine does may change by less than this part of the time. */
const BY_OTHERS = 0.15;

const script = `process trainer
cpu 0
gpu
during 0 3000
launch 5
compute 2000
sync
end
process hog
cpu 0
during 1500 3000
compute 5000
end
`;

/** What comes before a command so that it has far more of the CPU than what else the machine does, where that can be had. */
const beforeOthers = (owner: Owner): readonly string[] => {
  if (noGroup('cpu') !== false) return [];
  const group = makeGroup(owner, 'cpu');
  group.write('cpu.shares', '32768');
  return ['sh', '-c', `echo $$ > ${group.procs} && exec "$@"`, 'sh'];
};

truthTest('compare_windows on a real recording', async (t) => {
  const path = join(freshFolder(t), 'script');
  writeFileSync(path, script);
  const { ended, recording, count } = await record(t, ['--', ...beforeOthers(t), lab('actor'), path], {
    env: { ACTOR_TRUTH: `${path}.truth`, CUDASIM_KERNEL_US: '200' },
  });
  assert.equal(ended.code, 0, ended.stderr);
  const began = count("SELECT min(start_ns) AS n FROM calls WHERE op = 'cudaLaunchKernel' AND comm = 'trainer'");
  const window = (from: number, to: number) => ({
    recording,
    window: { start_ns: began + from * SECOND, end_ns: began + to * SECOND },
  });
  const [row] = recording.database.prepare("SELECT pid FROM tasks WHERE comm = 'hog'").all();
  assert.ok(row !== undefined);

  await t.test('the hog is the first difference, and it is new', () => {
    const { verdict, differences } = compareWindows(window(0.2, 1.4), window(1.6, 2.8));
    assert.equal(verdict, 'different');
    const [first] = differences;
    assert.ok(first?.kind === 'time' && first.cause === 'runnable', JSON.stringify(first));
    assert.deepEqual(first.culprit, { pid: number(row, 'pid'), comm: 'hog', isNew: true });
    assert.ok(first.effect > 0.25 && first.evidence.length > 0, JSON.stringify(first));
  });
  await t.test('two halves of the healthy time do not differ', (s) => {
    const { differences } = compareWindows(window(0.2, 0.8), window(0.8, 1.4));
    // A true difference, but none of this program.
    if (differences.some((one) => one.kind === 'time' && (one.cause === 'observer' || one.culprit !== undefined)))
      return s.skip('the machine was busy with other work in one of them');
    assert.deepEqual(
      differences.filter(({ effect }) => effect > BY_OTHERS),
      [],
    );
  });
});
