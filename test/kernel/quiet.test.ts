// What is harmless raises nothing: healthy traffic no alert of the network, the work of developers and servers none of the worse
// ones of security. The long form of both is measured: `npm run bench -- live-healthy live-benign`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benignWork, healthyTraffic } from '../../lab/quiet.ts';
import { isAtLeast } from '../../src/base/alert.ts';
import { here } from './recorder.ts';

const SECONDS = 4;

test('healthy traffic over a cable and over loopback raises no alert', here, async () => {
  const { said, alerts } = await healthyTraffic(SECONDS);
  assert.match(said, /ask_datagrams=\d{2,} ask_echo=\d{2,} ask_name=\d{2,} ask_pages=\d{2,}/);
  assert.deepEqual(alerts, []);
});

test('compilers, packages, git, debuggers, a test suite: nothing that is high', {
  ...here,
  timeout: 120_000,
}, async (t) => {
  const { done, alerts } = await benignWork({ rounds: 1 });
  for (const { name, skipped } of done) if (skipped !== undefined) t.diagnostic(`${name} was left out: ${skipped}`);
  assert.ok(done.filter(({ skipped }) => skipped === undefined).length >= 3, 'enough was there to be done');
  assert.deepEqual(
    alerts
      .filter(({ severity }) => isAtLeast(severity, 'high'))
      .map(({ rule, process: who, facts }) => ({ rule, who, facts })),
    [],
  );
  assert.ok(
    alerts.some(({ rule }) => rule === 'exec_from_temporary'),
    'it was looked at: what was compiled in a temporary folder ran there',
  );
});
