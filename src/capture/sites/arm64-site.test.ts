import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidatesArm64, jumpsBlindlyArm64, visitJumpsArm64 } from './arm64-site.ts';

const NOPS = { x64: false, x64AnyForm: false, arm64: true };
const code = (...words: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(words.length * 4);
  for (const [i, word] of words.entries()) bytes.writeUInt32LE(word, i * 4);
  return bytes;
};
const shown = (...words: readonly number[]) =>
  candidatesArm64(code(...words), NOPS)
    .map(({ offset, price }) => `+${offset} ${price}`)
    .join(', ');

const BTI_C = 0xd503245f;
const STP = 0xa9be7bfd; // stp x29, x30, [sp, #-32]!
const PLACES: readonly (readonly [what: string, words: readonly number[], places: string])[] = [
  ['stp of the frame', [STP], '+0 single_step'],
  ['paciasp: nothing behind it', [0xd503233f, 0x90000010], '+0 single_step'],
  ['bti, then the frame', [BTI_C, STP], '+0 single_step, +4 single_step'],
  ['bti, then paciasp', [BTI_C, 0xd503233f, STP], '+0 single_step, +4 single_step'],
  ['bti, cbz x0', [BTI_C, 0xb4000040], '+0 single_step, +4 branch'],
  ['cmp x0, tbnz', [0xf100001f, 0x37000040], '+0 single_step, +4 branch'],
  ['sub sp, sp, #16', [0xd10043ff, 0xb4000040], '+0 single_step'],
  ['nop', [0xd503201f, STP], '+0 nop, +4 single_step'],
  ['adrp x16, ldr x17, br x17', [0x90000010, 0xf9400211, 0xd61f0220], '+0 branch, +4 single_step, +8 branch'],
  ['mov x0, x1: an argument', [0xaa0103e0, 0xb4000040], '+0 single_step'],
  ['mov x9, x1', [0xaa0103e9, 0xb4000040], '+0 single_step, +4 branch'],
  ['a store', [0xf9000009, 0xb4000040], '+0 single_step'],
  ['b.ne', [0x54000041], '+0 branch'],
  ['bl', [0x94000001], '+0 branch'],
  ['nothing', [], '+0 single_step'],
];
for (const [what, words, places] of PLACES) test(`arm64: ${what}`, () => assert.equal(shown(...words), places));

test('arm64: a nop is stepped over by older kernels', () => {
  assert.equal(candidatesArm64(code(0xd503201f), { ...NOPS, arm64: false })[0]?.price, 'single_step');
});

test('arm64: where jumps lead', () => {
  const found: number[] = [];
  // b -4, bl +8, b.ne +8, cbz x0 -8, tbnz w0 #0 +8, and none.
  const words = [0x17ffffff, 0x94000002, 0x54000041, 0xb4ffffc0, 0x37000040, STP];
  visitJumpsArm64(code(...words), 0x1000, (target) => found.push(target));
  assert.deepEqual(found, [0xffc, 0x100c, 0x1010, 0x1004, 0x1018]);
  assert.ok(jumpsBlindlyArm64(code(0xd61f0000)), 'br x0');
  assert.ok(!jumpsBlindlyArm64(code(0xd61f0220)), 'br x17');
});
