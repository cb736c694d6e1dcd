import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NopKinds } from './prices.ts';
import { candidatesX64, isPlainX64, jumpTargetsX64 } from './x64-site.ts';

const OLD: NopKinds = { x64: false, x64AnyForm: false, arm64: false };
const V618: NopKinds = { ...OLD, x64: true };
const V619: NopKinds = { ...V618, x64AnyForm: true };
const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const shown = (hex: string, nops = V618) =>
  candidatesX64(bytes(hex), 0x5000, nops)
    .map(({ offset, price }) => `+${offset} ${price}`)
    .join(', ');

const PLACES: readonly (readonly [what: string, hex: string, places: string])[] = [
  ['push %rbp: nothing behind it', '55 4889e5', '+0 push'],
  ['push %r12', '4154 4989fc', '+0 push'],
  ['push with another prefix than 41', '4855', '+0 single_step'],
  ['endbr64, push', 'f30f1efa 55', '+0 single_step, +4 push'],
  ['endbr64, push %r15', 'f30f1efa 4157', '+0 single_step, +4 push'],
  ['endbr64, jmp', 'f30f1efa e900000000', '+0 single_step, +4 branch'],
  ['endbr64, sub of the stack pointer', 'f30f1efa 4883ec08 55', '+0 single_step, +4 single_step'],
  ['endbr64, test, je', 'f30f1efa 4885ff 7405', '+0 single_step, +4 single_step, +7 branch'],
  ['endbr64, mov of an argument elsewhere, push', 'f30f1efa 4889f8 53', '+0 single_step, +4 single_step, +7 push'],
  ['mov to an argument', '4889c7 55', '+0 single_step'],
  ['mov to r10, push', '4989fa 55', '+0 single_step, +3 push'],
  ['mov to rbp, which is the caller’s', '4889e5 55', '+0 single_step'],
  ['lea, rip-relative, to rax', '488d0500000000 55', '+0 single_step, +7 push'],
  ['lea to rsi', '488d3500000000 55', '+0 single_step'],
  ['xor of eax', '31c0 55', '+0 single_step, +2 push'],
  ['xor of edx', '31d2 55', '+0 single_step'],
  ['mov of a byte to ah: that is rax', 'b401 55', '+0 single_step'],
  ['mov of a byte to al', 'b001 55', '+0 single_step, +2 push'],
  ['a store', '48890500000000 55', '+0 single_step'],
  ['a load from the thread’s own', '64488b042528000000 55', '+0 single_step, +9 push'],
  ['cmp with memory, jne', '833d0000000000 7505', '+0 single_step, +7 branch'],
  ['xchg of rax and r8 is no nop', '4990 55', '+0 single_step'],
  ['a vector register', '660fefc0 55', '+0 single_step, +4 push'],
  ['a division writes rdx', '48f7f1 55', '+0 single_step'],
  ['a notrack jump would be refused', 'f30f1efa 3effe0', '+0 single_step'],
  ['loop is not done by the kernel', 'e2fe', '+0 single_step'],
  ['call', 'e800000000 55', '+0 branch'],
  ['je, long form', '0f8400000000', '+0 branch'],
  ['the function ends', 'f30f1efa', '+0 single_step'],
  ['nothing', '', '+0 single_step'],
];
for (const [what, hex, places] of PLACES) test(`x86-64: ${what}`, () => assert.equal(shown(hex), places));

const NOPS: readonly (readonly [what: string, hex: string, ...prices: string[]])[] = [
  ['nop', '90', 'nop', 'nop', 'nop'],
  ['66 nop', '6690', 'nop', 'nop', 'nop'],
  ['pause', 'f390', 'nop', 'nop', 'single_step'],
  ['nop of 3 bytes', '0f1f00', 'single_step', 'nop', 'nop'],
  ['nop of 5 bytes', '0f1f440000', 'single_step', 'nop5', 'nop5'],
  ['nop of 6 bytes', '660f1f440000', 'single_step', 'nop', 'nop'],
  ['nop of 9 bytes', '660f1f840000000000', 'single_step', 'single_step', 'nop'],
];
for (const [what, hex, ...prices] of NOPS)
  test(`x86-64: ${what} on three kernels`, () => {
    const found = [OLD, V618, V619].map((nops) => candidatesX64(bytes(hex), 0, nops)[0]?.price);
    assert.deepEqual(found, prices);
  });

test('x86-64: a nop of 5 bytes across a page is not written over', () => {
  const priceAt = (place: number) => candidatesX64(bytes('0f1f440000'), place, V618)[0]?.price;
  assert.deepEqual([priceAt(0xffb), priceAt(0xffc)], ['nop5', 'nop']);
});

test('x86-64: what is plain needs no look at the rest of the function', () => {
  const plain = (hex: string, offset: number) => isPlainX64(bytes(hex), offset);
  assert.ok(plain('f30f1efa 55', 4));
  assert.ok(plain('f30f1efa 0f1f440000', 4));
  assert.ok(plain('f30f1efa e900000000', 4));
  assert.ok(!plain('f30f1efa e800000000', 4));
  assert.ok(!plain('f30f1efa 7405', 4));
  assert.ok(!plain('f30f1efa 4889f8 53', 7));
  assert.ok(!plain('31c0 55', 2));
});

test('x86-64: where the jumps of a function lead', () => {
  assert.deepEqual([...(jumpTargetsX64(bytes('f30f1efa 4885ff 7402 ebf9 c3')) ?? [])], [11, 4]);
  assert.equal(jumpTargetsX64(bytes('ffe0')), undefined, 'a jump through a register');
  assert.equal(jumpTargetsX64(bytes('ff24c500000000')), undefined, 'a jump through a table');
  assert.deepEqual([...(jumpTargetsX64(bytes('ff2500000000')) ?? [1])], [], 'another library’s function');
  assert.equal(jumpTargetsX64(bytes('5560')), undefined, 'an unknown instruction');
});
