// get_stacks as an agent calls it: what it may ask for, and what the answer says in few words.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pythonFrame, scene } from '../../../test/scene.ts';
import { AGENT_BUDGET, type ToolContext } from '../tool.ts';
import { getStacks, stacksAnswer } from './get-stacks.ts';

const made = scene({ sample_hz: 99 });
const context: ToolContext = {
  path: () => made.path,
  check: async () => ({ ok: true, checks: [] }),
  budget: AGENT_BUDGET,
};
const ask = async (args: object) => stacksAnswer.parse(await getStacks.call(args, context));
const thread = { pid: 10, tid: 10, comm: 'python3' };
const forward = pythonFrame('Net.forward', '/srv/app/models/net.py', 142);
const evaluation = { name: '_PyEval_EvalFrameDefault', module: '/usr/bin/python3.11' };
const ms = 1e6;

before(() => {
  made.process(10, 'python3');
  made.call(thread, 'cudaMalloc', 0, 5 * ms, { stack: [evaluation, forward], complete: false });
  made.call(thread, 'cudaMalloc', 10 * ms, ms, { stack: [evaluation, forward], weight: 20, complete: false });
  made.call(thread, 'cudaFree', 12 * ms, 100);
  made.wait(thread, 1 * ms, 2 * ms, { syscall: 'futex', stack: [forward] });
  made.wait(thread, 20 * ms, 8 * ms, { syscall: 'nanosleep', stack: Array.from({ length: 30 }, (_, i) => `f${i}`) });
  for (let i = 0; i < 3; i++) made.sample(thread, (30 + i) * ms, { stack: ['spin', forward] });
  made.done();
});
after(() => made.remove());

test('without arguments it answers for calls, waits and CPU samples, with how much of each is known', async () => {
  const { stacks, coverage, sample_hz, total, truncated } = await ask({});
  assert.deepEqual(
    stacks.map(({ what }) => what),
    ['on_cpu', 'cudaMalloc', 'wait: sleep', 'wait: lock'],
  );
  assert.deepEqual(stacks[1], {
    what: 'cudaMalloc',
    pid: 10,
    comm: 'python3',
    count: 21,
    rows: 2,
    total_ns: 25 * ms,
    share: 1,
    longest_ns: 5 * ms,
    frames: ['Net.forward (models/net.py:142)', '[truncated]'],
    example: 'calls:1',
  });
  assert.deepEqual(coverage[0], {
    of: 'calls',
    count: 3,
    total_ns: 6 * ms + 100,
    with_stack: 2,
    with_stack_ns: 6 * ms,
  });
  assert.deepEqual(
    coverage.map(({ of }) => of),
    ['calls', 'waits', 'cpu_samples'],
  );
  assert.deepEqual([sample_hz, total, truncated], [99, 4, false]);
});

test('a call, a kind of wait, running, one event, a window', async () => {
  const whats = async (args: object) => (await ask(args)).stacks.map(({ what, example }) => `${what} ${example}`);
  assert.deepEqual(await whats({ op: 'cudaMalloc' }), ['cudaMalloc calls:1']);
  assert.deepEqual(await whats({ wait_kind: 'lock' }), ['wait: lock waits:1']);
  assert.deepEqual(await whats({ on_cpu: true }), ['on_cpu cpu_samples:1']);
  assert.deepEqual(await whats({ op: 'cudaMalloc', on_cpu: true }), ['on_cpu cpu_samples:1', 'cudaMalloc calls:1']);
  for (const [event_id, found] of [
    [2, 'cudaMalloc calls:2'],
    ['2', 'cudaMalloc calls:2'],
    ['calls:2', 'cudaMalloc calls:2'],
    ['waits:2', 'wait: sleep waits:2'],
    ['cpu_samples:3', 'on_cpu cpu_samples:3'],
  ] as const)
    assert.deepEqual(await whats({ event_id }), [found]);
  assert.deepEqual(await whats({ event_id: 3 }), []);
  assert.deepEqual(await whats({ from: '25ms', to: '31ms' }), ['on_cpu cpu_samples:1', 'wait: sleep waits:2']);
});

test('frames: those of the interpreter only when asked for, and no more than wanted', async () => {
  const [all] = (await ask({ op: 'cudaMalloc', native: true })).stacks;
  assert.deepEqual(all?.frames, [
    '_PyEval_EvalFrameDefault (python3.11)',
    'Net.forward (models/net.py:142)',
    '[truncated]',
  ]);
  const [cut] = (await ask({ wait_kind: 'sleep', frames: 2 })).stacks;
  assert.deepEqual(cut?.frames, ['f0 (scene)', 'f1 (scene)', '[28 more]']);
});

test('what does not exist is refused in the words of the caller', async () => {
  await assert.rejects(ask({ wait_kind: 'lok' }), /there is no kind of wait 'lok': did you mean 'lock'/);
  await assert.rejects(ask({ event_id: 'losses:3' }), /event_id 'losses:3' names no event/);
  await assert.rejects(ask({ event_id: 'waits:99' }), /waits:99 is not in this recording/);
});
