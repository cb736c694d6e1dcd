import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { scene } from '../../../test/scene.ts';
import { UserError } from '../../base/errors.ts';
import { AGENT_BUDGET } from '../tool.ts';
import { getTimeline, timelineAnswer } from './get-timeline.ts';

const HOSTILE = '\u001b[2J\u202eevil\u200b\n';
const busy = { pid: 100, tid: 101, comm: 'busy' };
const quiet = { pid: 100, tid: 100, comm: 'quiet' };
const made = scene();

const ask = async (args: object, budget = AGENT_BUDGET) =>
  timelineAnswer.parse(
    await getTimeline.call(args, { path: () => made.path, check: async () => ({ ok: true, checks: [] }), budget }),
  );

before(() => {
  made.process(100, 'quiet');
  made.life(quiet, 0, 4e9);
  made.life(busy, 1e9, 3e9);
  made.wait(quiet, 1e9, 5e8, { syscall: 'nanosleep', waker_context: 2 });
  // Many culprits with names that try to harm, many waits in files with long names.
  for (let i = 0; i < 200; i++) {
    const peer = { pid: 1000 + i, tid: 1000 + i, comm: `${HOSTILE}${i}`.slice(0, 15) };
    const file = made.writer.waits.fileId({
      ...{ inode: i, device: 0, type: 1, name: `/${HOSTILE}${'x'.repeat(200)}${i}`, local: null, remote: null },
      ...{ peer_pid: null, peer_comm: null },
    });
    const start = 1e9 + i * 1e7;
    made.wait(busy, start, 5e6, { syscall: 'read', file_type: 1, file, waker: peer, runnable: 1e6 });
    made.slice(peer, 0, start + 5e6, 9e5);
    made.call(busy, 'cudaMemcpy', start, 7e6);
  }
  for (let i = 0; i < 20; i++) made.writer.loss('probe_failed', 1e9, 2e9, 1, HOSTILE);
  made.writer.loss('interval_missed', 1e9, 2e9, 3);
  made.done();
});
after(() => made.remove());

test('the first answer fits 2,000 tokens whatever it holds, says what was cut, and is the same each time', async () => {
  const answer = await ask({});
  const json = JSON.stringify(answer);
  assert.ok(json.length / 4 <= 2000, `${json.length / 4} tokens`);
  assert.equal(answer.truncated, true);
  assert.deepEqual([answer.culprits_total, answer.waits_total], [401, 200]);
  assert.ok(
    answer.culprits.length >= 4 && answer.waits.length >= 4,
    `${answer.culprits.length} ${answer.waits.length}`,
  );
  assert.doesNotMatch(json, /[\p{Cc}\u200b\u202e]/u);
  assert.equal(JSON.stringify(await ask({})), json);
});

test('without a thread, the one that waited most; what is outside of its life is left out, and all of that is said', async () => {
  const answer = await ask({});
  assert.deepEqual([answer.tid, answer.start_ns, answer.end_ns, answer.closure], [101, 1e9, 3e9, 1]);
  assert.match(answer.notes.join('\n'), /this one waited longest; 1 other, by their wait time: 100/);
  assert.match(answer.notes.join('\n'), /not seen before 1 s[\s\S]*after 3 s/);
  assert.match(answer.notes.join('\n'), /3 intervals lost/);
  assert.equal(answer.confidence, 0.87);
  const [first] = answer.waits;
  assert.match(first?.calls?.join() ?? '', /^calls:\d+ cudaMemcpy$/);
});

test('as many steps and items as wanted; a process is its main thread', async () => {
  const answer = await ask({ pid: 100, from: 1, to: '2s', steps: 4, limit: 1 });
  assert.deepEqual([answer.tid, answer.waits.length, answer.truncated], [100, 1, false]);
  assert.deepEqual(answer.steps.rows, [
    [1e9, 'blocked', 'sleep', 0, 0, 1, 0],
    [1.25e9, 'blocked', 'sleep', 0, 0, 1, 0],
    [1.5e9, 'running', 'on_cpu', 1, 0, 0, 0],
    [1.75e9, 'running', 'on_cpu', 1, 0, 0, 0],
  ]);
  const many = await ask({ tid: 101, limit: 100 });
  assert.deepEqual([many.waits.length, many.culprits.length], [100, 100]);
});

test('threads and windows that are not there are refused with what is', async () => {
  const refusals: readonly (readonly [object, RegExp])[] = [
    [{ tid: 7 }, /thread 7 was not traced in this recording: the traced threads are 100 \(quiet\), 101 \(busy\)/],
    [{ pid: 5 }, /the main thread of process 5 was not traced/],
    [{ tid: 101, to: '500ms' }, /thread 101 did not live in this window: it was seen from 1\.00 s to 3\.00 s/],
    [{ tid: 101, from: 9 }, /nothing was recorded after 9/],
    [{ steps: 0 }, /steps/],
  ];
  for (const [args, reason] of refusals)
    await assert.rejects(
      ask(args),
      (error) => error instanceof UserError && reason.test(error.message),
      JSON.stringify(args),
    );
});
