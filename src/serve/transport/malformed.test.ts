// Messages that no well-behaved client sends: each gets what JSON-RPC owes it, and the server goes on. WHYTRACE_MESSAGES says
// how many; the bench sends 10,000.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { malformedMessages } from '../../../test/malformed-messages.ts';
import { sendOverHttp, sendOverSocket } from '../../../test/send-malformed.ts';
import { httpHere, servingForTest } from './serving-for-test.ts';

const place = servingForTest();
after(() => place.remove());
const count = Number(process.env.WHYTRACE_MESSAGES ?? 400);
const patient = { callsPerSecond: 100_000, burst: 1_000_000 };

test(`${count} malformed and random messages over a socket are answered`, async () => {
  const { path, policy } = place;
  await place.during({ socket: { path, policy } }, patient, async () => {
    const { sent, unanswered } = await sendOverSocket(path, malformedMessages(1), count);
    assert.deepEqual(unanswered, []);
    assert.equal(sent, count);
  });
});

test(`${count} malformed and random messages over HTTP are answered`, async () => {
  await place.during({ http: httpHere({ open: true }) }, patient, async ([url = '']) => {
    const { sent, unanswered } = await sendOverHttp(url, malformedMessages(2), count);
    assert.deepEqual(unanswered, []);
    assert.equal(sent, count);
  });
});
