// Calls in a thread: the same answers and the same words as in this one, and an end to those that nobody waits for.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { scene } from '../../../test/scene.ts';
import { UserError } from '../../base/errors.ts';
import { AGENT_BUDGET } from '../tool.ts';
import { toolNamed } from '../tools.ts';
import { callInThread } from './pool.ts';

const recording = scene();
const job = { path: recording.path, budget: AGENT_BUDGET, principal: undefined };

before(() => {
  recording.process(5, 'python3');
  for (let i = 0; i < 50; i++)
    recording.call({ pid: 5, tid: 5, comm: 'python3' }, 'cudaMalloc', i * 1e6, i === 40 ? 9e8 : 1000);
  recording.done();
});
after(() => recording.remove());

test('the answer is that of a call in this thread', async () => {
  const here = await toolNamed('get_causal_chains').call(
    {},
    { path: () => recording.path, check: async () => ({ ok: true, checks: [] }), budget: AGENT_BUDGET },
  );
  // More at the same time than there are threads.
  const there = await Promise.all(
    [1, 2, 3, 4].map(() => callInThread({ ...job, tool: 'get_causal_chains', args: {} })),
  );
  for (const answer of there) assert.deepEqual(answer, here);
});

test('what the caller got wrong is told in the same words', async () => {
  await assert.rejects(
    callInThread({ ...job, tool: 'get_causal_chains', args: { pid: 4242 } }),
    (error) => error instanceof UserError && error.parts.code === 'unknown_pid',
  );
  await assert.rejects(
    callInThread({ ...job, path: '/nowhere.db', tool: 'get_timeline', args: {} }),
    (error) => error instanceof UserError && error.parts.code === 'recording_not_found',
  );
});

test('a cancelled call ends with its thread, and the next one is answered', async () => {
  const five = (signal: AbortSignal) =>
    [1, 2, 3, 4, 5].map(() => callInThread({ ...job, tool: 'get_causal_chains', args: {} }, signal));
  const atOnce = new AbortController();
  const none = five(atOnce.signal);
  atOnce.abort();
  for (const outcome of await Promise.allSettled(none)) assert.equal(outcome.status, 'rejected');

  const soon = new AbortController();
  const some = five(soon.signal);
  // Two threads: when the first answer is here, the last of five has not begun.
  await Promise.race(some);
  soon.abort();
  const outcomes = await Promise.allSettled(some);
  assert.equal(outcomes.at(-1)?.status, 'rejected', 'what waited did not begin');

  const answer = await callInThread({ ...job, tool: 'get_stacks', args: {} });
  assert.equal(answer.total, 0);
});
