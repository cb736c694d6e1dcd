import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withCleanBody, withCleanError } from './clean-error.ts';

const UNSEEN = 'a\u202eb\u{e0041}\u200b\u0007';
const failed = { jsonrpc: '2.0', id: UNSEEN, error: { code: -32602, message: `Tool ${UNSEEN} not found` } };

test('texts of an error are cleaned, and the id is left as the client wrote it', () => {
  assert.deepEqual(withCleanError(failed), { ...failed, error: { code: -32602, message: 'Tool ab not found' } });
  for (const [data, clean] of [
    [UNSEEN, 'ab'],
    [
      { why: UNSEEN, supported: [UNSEEN] },
      { why: 'ab', supported: ['ab'] },
    ],
    [
      [UNSEEN, 1],
      ['ab', 1],
    ],
    [null, null],
  ])
    assert.deepEqual(withCleanError({ error: { code: 1, message: '', data } }).error, {
      code: 1,
      message: '',
      data: clean,
    });
  const result = { jsonrpc: '2.0', id: 1, result: { text: UNSEEN } };
  assert.equal(withCleanError(result), result);
});

test('so are those of answers over HTTP', async () => {
  const refused = await withCleanBody(Response.json(failed, { status: 400 }));
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /"message":"Tool ab not found"/);
  const fine = Response.json({ result: {} });
  assert.equal(await withCleanBody(fine), fine);
  assert.equal(await (await withCleanBody(new Response('x', { status: 400 }))).text(), 'x');
});
