// What tools say of a recording whose oldest rows were taken away while it was made.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CALLS_A_SECOND, longScene } from '../../test/long-scene.ts';
import { openRecording } from '../store/open-recording.ts';
import { SHELL_BUDGET } from './tool.ts';
import { toolNamed } from './tools.ts';

const SECOND = 1e9;
const recording = longScene('sealed', { ns: 10 * SECOND }, 30);
let left = 0;
before(() => {
  const opened = openRecording(recording.done());
  left = opened.window.start_ns;
  opened.close();
});
after(recording.remove);

const ask = async (name: string, args: Record<string, unknown>): Promise<Record<string, unknown>> => {
  const tool = toolNamed(name);
  assert.ok(tool !== undefined, name);
  return tool.call(args, {
    path: () => recording.path,
    check: async () => ({ ok: false, checks: [] }),
    budget: SHELL_BUDGET,
  });
};
const reasons = (answer: Record<string, unknown>): readonly string[] =>
  Array.isArray(answer.losses) ? answer.losses.map(({ reason }) => String(reason)) : [];

test('totals are of everything, and the answer says what has no rows any more', async () => {
  assert.ok(left > 15 * SECOND && left < 21 * SECOND, String(left));
  const stats = await ask('get_trace_stats', {});
  assert.equal(stats.calls, 30 * CALLS_A_SECOND);
  assert.ok(reasons(stats).includes('call_pruned'));
});

test('an answer about all of it begins with what is left, and says so', async () => {
  const chains = await ask('get_causal_chains', {});
  assert.deepEqual(chains.window, { start_ns: left, end_ns: 29 * SECOND + 798_700_000 });
  assert.ok(reasons(chains).includes('wait_pruned'));
  const timeline = await ask('get_timeline', { tid: 7, from: '0s', to: '29s' });
  assert.equal(timeline.start_ns, left, 'time without rows is not taken for time on a CPU');
  assert.ok(reasons(timeline).includes('wait_pruned'));
});

test('a window that touches what has gone says so, a later one does not, and an earlier one is refused in words', async () => {
  assert.ok(reasons(await ask('get_causal_chains', { from: '1s', to: '25s' })).includes('call_pruned'));
  assert.deepEqual(reasons(await ask('get_causal_chains', { from: '25s', to: '26s' })), []);
  await assert.rejects(ask('get_causal_chains', { from: '1s', to: '2s' }), /no rows are left from before 2/);
});

test('the first call that is left is not taken for the first of all', () => {
  const opened = openRecording(recording.path);
  try {
    const [call] = opened.longCalls({ window: opened.window }).calls;
    assert.ok(call !== undefined);
    assert.equal(opened.earlierCalls(call, 5), undefined, 'how many there were is not known');
  } finally {
    opened.close();
  }
});

test('how many calls there were before a slow one is not made up', async () => {
  const slow = longScene('sealed', { ns: 10 * SECOND }, 30, (_path, { call }) => {
    call({ pid: 7, tid: 7, comm: 'python3' }, 'cudaMemcpy', 29.5 * SECOND, 300_000_000);
  });
  try {
    const path = slow.done();
    const tool = toolNamed('get_causal_chains');
    assert.ok(tool !== undefined);
    const context = { path: () => path, check: async () => ({ ok: false, checks: [] }), budget: SHELL_BUDGET };
    const words = JSON.stringify(await tool.call({}, context));
    assert.match(words, /first call: not known, the first rows of its process have gone/);
    assert.doesNotMatch(words, /earlier calls? or more/);
  } finally {
    slow.remove();
  }
});
