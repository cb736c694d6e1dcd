import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UnwindInput, Unwound } from './unwind.ts';
import { createWalked } from './walked.ts';

const BASE = 0x7ffc_0000_1000;

const stackOf = (values: readonly number[], rbp: number): UnwindInput => {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [i, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), i * 8);
  const registers = Array.from({ length: 17 }, () => Number.NaN);
  registers[6] = rbp;
  registers[7] = BASE;
  registers[16] = 0x1004;
  return { architecture: 'x64', registers, stack: { at: BASE, bytes }, hijacked: [], trampoline: undefined };
};
const walk = (needs: readonly number[] | undefined): Unwound => ({
  addresses: [0x1004, 0x2010],
  exact: [0],
  complete: true,
  stop: 'outermost',
  guessed: 0,
  needs,
});

test('a walk is given again only where all is the same that decided its way', () => {
  const walked = createWalked();
  const first = walk([BASE + 8, 0x2010, -7, BASE + 16]);
  const other = walk([BASE + 8, 0x3010]);
  assert.equal(walked.find(stackOf([1, 0x2010], BASE + 16)), undefined);
  walked.keep(stackOf([1, 0x2010], BASE + 16), first);
  walked.keep(stackOf([1, 0x3010], BASE + 16), other);
  // Words that did not matter may differ.
  assert.equal(walked.find(stackOf([99, 0x2010], BASE + 16)), first);
  assert.equal(walked.find(stackOf([1, 0x3010], 5)), other);
  assert.equal(walked.find(stackOf([1, 0x4010], BASE + 16)), undefined, 'another return address');
  assert.equal(walked.find(stackOf([1, 0x2010], BASE + 24)), undefined, 'another frame pointer');
  assert.equal(walked.find(stackOf([1], BASE + 16)), undefined, 'a copy that ends before');
  const elsewhere = stackOf([1, 0x2010], BASE + 16);
  assert.equal(walked.find({ ...elsewhere, registers: { ...elsewhere.registers, 16: 0x1008, length: 17 } }), undefined);
});

test('what the way depends on must be known', () => {
  const walked = createWalked();
  walked.keep(stackOf([1, 0x2010], 0), walk(undefined));
  assert.equal(walked.find(stackOf([1, 0x2010], 0)), undefined);
});

test('of one place only the last walks are remembered', () => {
  const walked = createWalked();
  for (let i = 0; i < 100; i++) walked.keep(stackOf([0, i], 0), walk([BASE + 8, i]));
  assert.ok(walked.find(stackOf([0, 99], 0)));
  assert.equal(walked.find(stackOf([0, 0], 0)), undefined);
  // Sixteen walks of five numbers.
  assert.equal(walked.memoryBytes(), 16 * (300 + 5 * 8));
  walked.clear();
  assert.equal(walked.memoryBytes(), 0);
});
