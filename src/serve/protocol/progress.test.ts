import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { withProgress } from './progress.ts';

type Sent = { readonly method: string; readonly params?: unknown };

test('a call that takes long gives a sign of life each second, to those who asked for one', async () => {
  mock.timers.enable({ apis: ['setInterval'] });
  try {
    const sent: Sent[] = [];
    const notify = async (notification: Sent) => void sent.push(notification);
    const long = Promise.withResolvers<string>();
    const answer = withProgress({ mcpReq: { _meta: { progressToken: 'p7' }, notify } }, () => long.promise);
    mock.timers.tick(3_500);
    long.resolve('done');
    assert.equal(await answer, 'done');
    // Nothing more after the answer.
    mock.timers.tick(10_000);
    assert.deepEqual(
      sent,
      [1, 2, 3].map((progress) => ({
        method: 'notifications/progress',
        params: { progressToken: 'p7', progress, message: `running for ${progress} s` },
      })),
    );
    await withProgress({ mcpReq: { notify } }, async () => mock.timers.tick(5_000));
    assert.equal(sent.length, 3, 'nobody asked');
  } finally {
    mock.timers.reset();
  }
});
