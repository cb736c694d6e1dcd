// What other tools read: lines for flame graphs, and a profile that decodes to the same stacks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Profile } from 'pprof-format';
import { pythonFrame, scene } from '../../test/scene.ts';
import { UserError } from '../base/errors.ts';
import type { StackSource } from '../store/read-stacks.ts';
import { exportStacks } from './export-stacks.ts';
import type { WantedStacks } from './stack-filter.ts';
import { SHELL_BUDGET, type ToolContext } from './tool.ts';

const made = scene({ sample_hz: 100 });
const context: ToolContext = {
  path: () => made.path,
  check: async () => ({ ok: true, checks: [] }),
  budget: SHELL_BUDGET,
};
const thread = { pid: 10, tid: 11, comm: 'py;t\u200bhon' };
const train = pythonFrame('train', '/srv/app/train.py', 12);
const ms = 1e6;

before(() => {
  made.process(10, 'python3');
  const stack = [{ name: 'ioctl;x', module: null, kind: 'kernel' as const }, 'launch', train];
  made.call(thread, 'cudaMalloc', 0, 3 * ms, { stack });
  made.call(thread, 'cudaMalloc', 5 * ms, ms, { stack, weight: 10 });
  made.call(thread, 'cudaFree', 8 * ms, 100, { stack: [train], complete: false });
  made.wait(thread, 10 * ms, 2 * ms, { syscall: 'futex', stack: [train] });
  for (let i = 0; i < 3; i++) made.sample(thread, 20 * ms + i, { stack: ['spin', train] });
  made.done();
});
after(() => made.remove());

const folded = (of?: StackSource, filter: WantedStacks = {}) => {
  const { bytes, stacks, source } = exportStacks(context, 'folded', of, filter);
  return { text: Buffer.from(bytes).toString(), stacks, source };
};

test('folded: the outermost first, microseconds, one line a stack, and CPU samples when there are any', () => {
  assert.deepEqual(folded(), {
    text: 'py:thon (pid 10);train (app/train.py:12);spin (scene) 30000\n',
    stacks: 1,
    source: 'cpu_samples',
  });
  assert.equal(
    folded('calls').text,
    [
      'py:thon (pid 10);train (app/train.py:12);launch (scene);ioctl:x_[k];cudaMalloc 13000\n',
      'py:thon (pid 10);[truncated];train (app/train.py:12);cudaFree 1\n',
    ].join(''),
  );
  assert.equal(folded('waits').text, 'py:thon (pid 10);train (app/train.py:12);[wait: lock] 2000\n');
  assert.equal(folded('calls', { op: 'cudaFree' }).stacks, 1);
  assert.equal(folded('calls', { from: '15ms', to: '16ms' }).text, '');
});

test('pprof: the same stacks with units, lines, files and where each came from', () => {
  const { bytes, stacks } = exportStacks(context, 'pprof', 'calls', {});
  assert.equal(stacks, 2);
  const profile = Profile.decode(gunzipSync(bytes));
  const word = (at: number | bigint) => profile.stringTable.strings[Number(at)];
  assert.equal(word(0), '');
  assert.deepEqual(
    profile.sampleType.map(({ type, unit }) => [word(type), word(unit)]),
    [
      ['calls', 'count'],
      ['time', 'nanoseconds'],
    ],
  );
  assert.equal(word(profile.defaultSampleType), 'time');
  assert.equal(BigInt(profile.timeNanos), 1_700_000_000_000_000_000n);
  const frames = (ids: readonly (number | bigint)[]) =>
    ids.map((id) => {
      const location = profile.location.find((one) => Number(one.id) === Number(id));
      const [line] = location?.line ?? [];
      const found = profile.function.find((one) => Number(one.id) === Number(line?.functionId));
      const mapping = profile.mapping.find((one) => Number(one.id) === Number(location?.mappingId));
      const texts = [
        word(found?.name ?? 0),
        word(found?.filename ?? 0),
        Number(line?.line ?? 0),
        word(mapping?.filename ?? 0),
      ];
      return texts.filter((part) => part !== '' && part !== 0).join(' ');
    });
  assert.deepEqual(
    profile.sample.map(({ locationId, value }) => [frames(locationId), value.map(Number)]),
    [
      [
        ['cudaMalloc', 'ioctl;x [kernel]', 'launch /usr/bin/scene', 'train /srv/app/train.py 12'],
        [11, 13 * ms],
      ],
      [
        ['cudaFree', 'train /srv/app/train.py 12', '[truncated]'],
        [1, 100],
      ],
    ],
  );
  const labels = profile.sample[0]?.label.map(({ key, str, num }) => [word(key), word(str) || Number(num)]);
  assert.deepEqual(labels, [
    ['pid', 10],
    ['comm', 'py;thon'],
  ]);
});

test('pprof of CPU samples says their period', () => {
  const profile = Profile.decode(gunzipSync(exportStacks(context, 'pprof', undefined, {}).bytes));
  const word = (at: number | bigint) => profile.stringTable.strings[Number(at)];
  assert.deepEqual(profile.sample[0]?.value.map(Number), [3, 30 * ms]);
  assert.deepEqual([word(profile.periodType?.type ?? 0), Number(profile.period)], ['cpu', 10 * ms]);
  assert.deepEqual(
    profile.sampleType.map(({ type }) => word(type)),
    ['samples', 'cpu'],
  );
});

test('a filter that the recording does not know is refused', () => {
  assert.throws(
    () => folded('calls', { op: 'cudaMaloc' }),
    (thrown) => thrown instanceof UserError,
  );
  assert.throws(() => folded('waits', { wait_kind: 'lok' }), /did you mean 'lock'/);
});
