// That the fuzzer finds what is wrong, names the seed, and makes the input small; and that it finds nothing where nothing is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTarget } from './run-target.ts';
import { refusing, type Target } from './target.ts';

const limits = { seed: 1, most: 2000, ms: Number.POSITIVE_INFINITY };
const target = (check: (input: Buffer) => void): Target => ({
  name: 'none',
  doc: 'for this test',
  open: () => ({ seeds: [Buffer.from('0123456789'.repeat(20))], sound: () => {}, check }),
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

test('a reader that understands nothing is at fault, and so is a check that fails when time is up', async () => {
  const blind: Target = {
    name: 'none',
    doc: 'for this test',
    open: () => ({
      seeds: [Buffer.from('0')],
      sound: () => {
        throw new Error('nothing is read');
      },
      check: () => {},
    }),
  };
  assert.match((await runTarget(blind, limits)).fault?.why ?? '', /nothing is read/);
  const late: Target = {
    ...blind,
    open: () => ({
      seeds: [Buffer.from('0')],
      sound: () => {},
      check: async () => {
        await new Promise((resolve) => setTimeout(resolve, 1200));
        throw new Error('too late');
      },
    }),
  };
  assert.match((await runTarget(late, { ...limits, ms: 1 })).fault?.why ?? '', /too late/);
});
