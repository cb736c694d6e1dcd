import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNews } from './news.ts';

test('what changed since a mark, each thing once, and what comes while one waits', async () => {
  const news = createNews('e');
  news.alert(1);
  const { mark, ...nothing } = await news.read({ waitMs: 0 });
  assert.deepEqual(nothing, { alerts: [], subscriptions: [] }, 'without a mark nothing is news');
  news.subscription('s1');
  news.alert(2);
  news.subscription('s1');
  const first = await news.read({ mark, waitMs: 0 });
  assert.deepEqual([first.alerts, first.subscriptions], [[2], ['s1']]);
  const waiting = news.read({ mark: first.mark, waitMs: 10_000 });
  news.alert(1);
  assert.deepEqual((await waiting).alerts, [1]);
  const again = await news.read({ mark: 'other.7', waitMs: 0 });
  assert.deepEqual([again.alerts, again.subscriptions], [[2, 1], ['s1']], 'a mark of another program: all');
});

test('a reader who waits in vain gets nothing, and one whose call is cancelled goes at once', async () => {
  const news = createNews('e');
  const { mark } = await news.read({ waitMs: 0 });
  assert.deepEqual((await news.read({ mark, waitMs: 5 })).alerts, []);
  const stop = new AbortController();
  const waiting = news.read({ mark, waitMs: 60_000, signal: stop.signal });
  stop.abort();
  assert.deepEqual((await waiting).subscriptions, []);
});
