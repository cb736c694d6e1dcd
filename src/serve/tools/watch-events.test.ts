// What an agent gets of live events: rows, counts where there are too many, why the wait ended, and what to do next.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deskForTest } from '../control/desk-for-test.ts';
import { AGENT_BUDGET, type ToolContext } from '../tool.ts';
import { watchAnswer, watchEvents } from './watch-events.ts';

const watching = async () => {
  const { desk, push, raise } = deskForTest();
  const context: ToolContext = {
    ...{ path: () => '/nowhere', check: () => Promise.reject(new Error('not asked')), budget: AGENT_BUDGET },
    live: async () => desk,
  };
  await desk.subscribe({ expression: 'a:b' });
  const ask = async (args: object) => {
    const answer = await watchEvents.call({ subscription: 's1', max_wait_s: 0, ...args }, context);
    assert.ok(JSON.stringify(answer).length < 1.1 * AGENT_BUDGET, `${JSON.stringify(answer).length} characters`);
    return watchAnswer.parse(answer);
  };
  return { ask, push, raise };
};

test('a few events are rows, many of them pages', async () => {
  const { ask, push } = await watching();
  const none = await ask({});
  assert.deepEqual([none.rows, none.stopped], [[], 'time']);
  assert.match(none.next, /Nothing came.*Go on with this cursor\.$/);
  push('s1', 150);
  const first = await ask({});
  assert.deepEqual(first.columns, ['time_ns', 'pid', 'tid', 'uid', 'cpu', 'comm', 'path', 'times']);
  assert.ok(first.rows.length > 20 && first.rows.length < 150 && first.collapsed === undefined);
  assert.deepEqual([first.more, first.stopped], [150 - first.rows.length, 'count']);
  const second = await ask({ cursor: first.cursor });
  assert.equal(second.rows[0]?.[0], first.rows.length + 1);
});

test('who could not keep up gets counts, is told so, and may have the rows all the same', async () => {
  const { ask, push } = await watching();
  push('s1', 900, '/etc/passwd?password=hunter2');
  push('s1', 4000);
  const { columns, rows, collapsed, next, cursor, more } = await ask({});
  assert.deepEqual(columns, ['pid', 'uid', 'comm', 'times', 'first_ns', 'last_ns']);
  assert.deepEqual(rows, [[1, 0, 'c', 4900, 1, 4900]]);
  assert.deepEqual(collapsed, { events: 4900, other_keys: 0, other_events: 0, left_out: { path: 4001 } });
  assert.deepEqual([cursor, more], ['e.s1.4900', 0]);
  assert.match(next, /count 4900 events.*count by path \(aggregate_by\).*aggregate_by none, cursor e\.s1\.0/);
  const named = await ask({ aggregate_by: 'path, comm' });
  assert.deepEqual(named.columns, ['comm', 'path', 'times', 'first_ns', 'last_ns']);
  assert.deepEqual(named.rows[0], ['c', '/etc/passwd?password=[redacted]', 900, 1, 900]);
  assert.deepEqual([named.rows.length, named.collapsed?.other_keys], [50, 3951]);
  const one = await ask({ aggregate_by: 'none', cursor: 'e.s1.900' });
  assert.ok(one.collapsed === undefined && one.rows[0]?.[0] === 901);
});

test('the wait ends with a match or an alert, and the answer says which', async () => {
  const { ask, push, raise } = await watching();
  push('s1', 3);
  const matched = await ask({ match: 'path == "/tmp/2"', severity: 'medium', max_wait_s: 5 });
  assert.deepEqual([matched.stopped, matched.rows.length, matched.more], ['match', 2, 1]);
  assert.deepEqual([matched.match?.path, matched.match?.time_ns], ['/tmp/2', 2]);
  const waiting = ask({ severity: 'medium', max_wait_s: 5, cursor: matched.cursor });
  raise();
  const alerted = await waiting;
  assert.deepEqual([alerted.stopped, alerted.alerts?.map(({ id }) => id), alerted.rows.length], ['severity', [1], 1]);
  assert.match(alerted.next, /^get_alerts with id 1 /);
  const again = await ask({ severity: 'medium', cursor: alerted.cursor });
  assert.deepEqual([again.stopped, again.alerts], ['time', undefined]);
});

test('what is wrong with the arguments is said', async () => {
  const { ask } = await watching();
  for (const [args, words] of [
    [{ until: 'x == 1' }, /until/],
    [{ severity: 'worst' }, /severity/],
    [{ subscription: 's9' }, /no subscription s9/],
  ] as const)
    await assert.rejects(ask(args), words);
});

test('a subscription that begins with a mistake is ended at once, one from before goes on', async () => {
  const { desk } = deskForTest();
  const fails: typeof desk.watch = () => Promise.reject(new Error('no such field'));
  const context: ToolContext = {
    ...{ path: () => '/nowhere', check: () => Promise.reject(new Error('not asked')), budget: AGENT_BUDGET },
    live: async () => ({ ...desk, watch: fails }),
  };
  await desk.subscribe({ expression: 'a:b' });
  for (const args of [{ expression: 'c:d' }, { subscription: 's1' }])
    await assert.rejects(watchEvents.call({ ...args, match: 'x == 1' }, context), /no such field/);
  assert.deepEqual(
    (await desk.list()).map(({ id, ended }) => [id, ended]),
    [
      ['s1', undefined],
      ['s2', 'it was ended'],
    ],
  );
});
