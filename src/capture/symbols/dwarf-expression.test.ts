import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ExpressionInput, evaluateExpression } from './dwarf-expression.ts';

const input: ExpressionInput = {
  register: (register) => (register === 7 ? 0x1000n : register === 16 ? 0x40_100bn : undefined),
  memory: (address) => (address < 0x2000n ? address * 0x1_0000_0001n : undefined),
};
const run = (...code: number[]): bigint | undefined => evaluateExpression(Buffer.from(code), input);

test('the rule of a PLT entry tells before and after its push apart', () => {
  // breg7 8, breg16 0, lit15, and, lit11, ge, lit3, shl, plus: what linkers write for .plt on x86-64.
  const code = [0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22];
  assert.equal(run(...code), 0x1010n);
  code[3] = 0x7f; // rip - 1: the address before
  assert.equal(run(...code), 0x1008n);
});

test('the rule of a signal frame reads memory', () => {
  assert.equal(run(0x77, 0xa0, 0x01, 0x06), 0x10a0n * 0x1_0000_0001n);
  assert.equal(run(0x77, 8, 0x94, 4), 0x1008n);
  assert.equal(run(0x0c, 0, 0, 1, 0, 0x06), undefined);
});

test('every operation does what DWARF says', () => {
  const minusOne = 2n ** 64n - 1n;
  assert.equal(run(0x09, 0xff), minusOne);
  assert.equal(run(0x0b, 0xff, 0xff), minusOne);
  assert.equal(run(0x08, 0xff), 255n);
  assert.equal(run(0x0e, 1, 2, 3, 4, 5, 6, 7, 0xf8), 0xf807060504030201n);
  assert.equal(run(0x10, 0x80, 0x01), 128n);
  assert.equal(run(0x11, 0x7f), minusOne);
  assert.equal(run(0x32, 0x35, 0x1c), 2n ** 64n - 3n); // lit2 lit5 minus
  assert.equal(run(0x11, 0x76, 0x33, 0x1b), 2n ** 64n - 3n); // -10 lit3 div
  assert.equal(run(0x3a, 0x33, 0x1d), 1n); // 10 mod 3
  assert.equal(run(0x11, 0x78, 0x31, 0x26), 2n ** 64n - 4n); // -8 shra 1
  assert.equal(run(0x11, 0x78, 0x19), 8n); // abs
  assert.equal(run(0x31, 0x1f), minusOne); // neg
  assert.equal(run(0x30, 0x20), minusOne); // not
  assert.equal(run(0x31, 0x32, 0x16, 0x1c), 1n); // lit1 lit2 swap minus: 2 - 1
  assert.equal(run(0x31, 0x32, 0x33, 0x17), 2n); // rot: 1 2 3 becomes 3 1 2
  assert.equal(run(0x31, 0x32, 0x33, 0x17, 0x13), 1n);
  assert.equal(run(0x31, 0x32, 0x14), 1n); // over
  assert.equal(run(0x31, 0x32, 0x33, 0x15, 2), 1n); // pick
  assert.equal(run(0x31, 0x12, 0x22), 2n); // dup plus
  assert.equal(run(0x35, 0x23, 10), 15n); // plus_uconst
  assert.equal(run(0x31, 0x28, 1, 0, 0x96, 0x35), 5n); // bra over nop
  assert.equal(run(0x2f, 1, 0, 0x35, 0x36), 6n); // skip over lit5
  assert.equal(run(0x92, 7, 0x10), 0x1010n); // bregx
  assert.equal(evaluateExpression(Buffer.of(0x38, 0x22), input, [100n]), 108n);
});

test('what cannot be known is undefined', () => {
  assert.equal(run(), undefined);
  assert.equal(run(0x70, 0), undefined); // a register that is not known
  assert.equal(run(0x22), undefined); // plus of nothing
  assert.equal(run(0x31, 0x30, 0x1b), undefined); // division by 0
  assert.equal(run(0x2f, 0xfd, 0xff), undefined); // a loop
  assert.equal(run(0x0c, 1, 2), undefined); // cut short
  assert.equal(run(0x50), undefined); // a register's name is no address
  assert.equal(run(...Array.from({ length: 100 }, () => 0x31)), undefined); // too deep
});

test('no bytes make it throw or run on', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const value = evaluateExpression(Buffer.from(bytes), input, [1n]);
      assert.ok(value === undefined || (value >= 0n && value < 2n ** 64n));
    }),
    { numRuns: 2000 },
  );
});
