// That the fuzzer finds what is wrong, names the seed, and makes the input small; and that it finds nothing where nothing is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTarget } from './run-target.ts';
import { refusing, type Target } from './target.ts';

const limits = { seed: 1, most: 2000, ms: Number.POSITIVE_INFINITY };
const target = (check: (input: Buffer) => void): Target => ({
  name: 'none',
  doc: 'for this test',
  open: () => ({ seeds: [Buffer.from('0123456789'.repeat(20))], check }),
});

test('a fault is found, made small, and found again with its seed', async () => {
  const faulty = target((input) => {
    if (input.length < 200 && input.length > 3 && input[1] === 0x31) throw new Error('cut');
  });
  const { inputs, fault } = await runTarget(faulty, limits);
  assert.ok(inputs > 0 && inputs < 2000);
  assert.match(fault?.why ?? '', /cut/);
  assert.ok((fault?.input.length ?? 999) < 200);
  const again = await runTarget(faulty, { ...limits, seed: fault?.seed ?? 0, most: 100 });
  assert.deepEqual(again.fault?.input, fault?.input);
});

test('what is refused in words for a user is no fault, and anything else is', async () => {
  const { inputs, fault } = await runTarget(
    target(() => {}),
    { ...limits, most: 250 },
  );
  assert.deepEqual([inputs, fault], [250, undefined]);
  assert.throws(() => refusing(() => JSON.parse('{')), SyntaxError);
});
