// What clients of either revision are told of the running kernel: its tools only where it can be asked, and changes of alerts and
// subscriptions that they follow, once for many.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { scene } from '../../../test/scene.ts';
import { deskForTest } from '../control/desk-for-test.ts';
import { AGENT_BUDGET, type LiveState, type ToolContext } from '../tool.ts';
import { recordingTools, tools } from '../tools.ts';
import { toolsHash } from './advertised.ts';
import { connectedTo } from './client-for-test.ts';
import { HASH_KEY } from './server.ts';

const recording = scene();
recording.process(5, 'python3');
recording.done();
after(() => recording.remove());

const context: ToolContext = {
  path: () => recording.path,
  check: async () => ({ ok: true, checks: [] }),
  budget: AGENT_BUDGET,
};
const MODES = ['legacy', 'auto'] as const;
const soon = async (what: string, holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 500 && !holds(); i++) await sleep(10);
  assert.ok(holds(), what);
};

for (const mode of MODES)
  test(`tools of the running kernel are listed where it can be asked, and say so where not (${mode})`, async () => {
    let state: LiveState = 'absent';
    const { desk } = deskForTest();
    const live = { ...context, live: async () => desk, liveState: () => state };
    await connectedTo({ mode, context: live }, async ({ client }) => {
      const names = async () => (await client.listTools()).tools.map(({ name }) => name);
      const namesOf = (list: typeof tools) => list.map(({ name }) => name);
      let told = 0;
      client.setNotificationHandler('notifications/tools/list_changed', () => {
        told++;
      });
      if (mode === 'auto') await client.listen({ toolsListChanged: true });
      assert.deepEqual(await names(), namesOf(recordingTools));
      if (mode === 'auto') assert.equal((await client.discover())._meta?.[HASH_KEY], toolsHash(recordingTools));
      state = 'asleep';
      await soon('the change of the list', () => told > 0);
      const { tools: listed } = await client.listTools(undefined, { cacheMode: 'bypass' });
      assert.deepEqual(
        namesOf(tools),
        listed.map(({ name }) => name),
      );
      if (mode === 'auto') assert.equal((await client.discover())._meta?.[HASH_KEY], toolsHash(tools));
    });
    await connectedTo({ mode, context }, async ({ client }) => {
      const { isError, content } = await client.callTool({ name: 'watch_events', arguments: { expression: 'a:b' } });
      assert.equal(isError, true);
      assert.match(JSON.stringify(content), /not_live.*whytrace watch --serve/);
    });
  });

for (const mode of MODES)
  test(`alerts and subscriptions that are followed tell of news, once for many (${mode})`, async () => {
    const { desk, push, raise } = deskForTest();
    const live = { ...context, live: async () => desk };
    await desk.subscribe({ expression: 'a:b' });
    await desk.subscribe({ expression: 'c:d' });
    await connectedTo({ mode, context: live, everyMs: 300 }, async ({ client }) => {
      const told: string[] = [];
      client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
        told.push(params.uri);
      });
      const uris = ['whytrace://alerts/open', 'whytrace://subscriptions/s1'];
      if (mode === 'auto') await client.listen({ resourceSubscriptions: uris });
      else for (const uri of uris) await client.subscribeResource({ uri });
      // The first look only finds out what there is.
      await sleep(700);
      for (let i = 0; i < 50; i++) raise();
      await soon('the alerts', () => told.includes('whytrace://alerts/open'));
      push('s2', 5);
      await sleep(350);
      for (let i = 0; i < 50; i++) push('s1', 10);
      await soon('the events', () => told.includes('whytrace://subscriptions/s1'));
      assert.deepEqual(new Set(told), new Set(uris), 'only what was asked for');
      assert.ok(told.length <= 4, `${told.length} times for 50 alerts and 500 events`);
      const read = async (uri: string) => {
        const [one] = (await client.readResource({ uri })).contents;
        return JSON.parse(one !== undefined && 'text' in one ? one.text : '');
      };
      assert.equal((await read('whytrace://alerts/open')).alerts[0].id, 1);
      assert.equal((await read('whytrace://alerts/7')).alert.id, 7);
      assert.equal((await read('whytrace://subscriptions/s2')).subscription.expression, 'c:d');
      for (const missing of ['alerts/0', 'alerts/999', 'subscriptions/s9', 'subscriptions/x'])
        await assert.rejects(client.readResource({ uri: `whytrace://${missing}` }), { code: -32602 }, missing);
    });
  });
