import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCursor } from './byte-cursor.ts';
import { type CommonFrame, runCallFrame } from './call-frame.ts';
import { elfUnreadable } from './elf.ts';
import type { FrameRow } from './frame-row.ts';

const fail = (why: string): Error => elfUnreadable({ path: 'test', why });
const cursor = (code: readonly number[]) => createCursor(Buffer.from(code), 0, fail);

/** As gcc writes it for x86-64: CFA is rsp+8, the return address at CFA-8. */
const X64 = [0x0c, 7, 8, 0x90, 1];
const common = (program: readonly number[], changes: Partial<CommonFrame> = {}): CommonFrame => ({
  codeFactor: 1,
  dataFactor: -8,
  returnRegister: 16,
  isSignal: false,
  encoding: 0x1b,
  hasAugmentationData: true,
  program: () => cursor(program),
  ...changes,
});
const rowAt = (code: readonly number[], address: number, from = common(X64)): FrameRow | undefined =>
  runCallFrame(from, cursor(code), { start: 100, address, bases: {}, fail });
const offsets = (row: FrameRow | undefined): unknown => row && [row.cfa, Object.fromEntries(row.rules)];

const rspPlus = (offset: number) => ({ kind: 'register', register: 7, offset });
const at = (offset: number) => ({ kind: 'offset', offset });

test('a row holds from its address up to the next one', () => {
  // push rbx at 100 (1 byte), then 4 bytes on: sub rsp, 16
  const code = [0x41, 0x0e, 16, 0x83, 2, 0x44, 0x0e, 32];
  assert.deepEqual(offsets(rowAt(code, 100)), [rspPlus(8), { 16: at(-8) }]);
  assert.deepEqual(offsets(rowAt(code, 101)), [rspPlus(16), { 16: at(-8), 3: at(-16) }]);
  assert.deepEqual(offsets(rowAt(code, 104)), [rspPlus(16), { 16: at(-8), 3: at(-16) }]);
  assert.deepEqual(offsets(rowAt(code, 105)), [rspPlus(32), { 16: at(-8), 3: at(-16) }]);
  assert.deepEqual(offsets(rowAt(code, 5000)), [rspPlus(32), { 16: at(-8), 3: at(-16) }]);
});

test('advances of all widths, and set_loc', () => {
  const code = [0x02, 2, 0x0e, 16, 0x03, 0, 1, 0x0e, 24, 0x04, 0, 0, 1, 0, 0x0e, 32];
  const cfaAt = (address: number): unknown => rowAt(code, address)?.cfa;
  assert.deepEqual([101, 102, 357, 358, 65_893, 65_894].map(cfaAt), [8, 16, 16, 24, 24, 32].map(rspPlus));
  const absolute = common(X64, { encoding: 0x03 });
  assert.deepEqual(rowAt([0x01, 200, 0, 0, 0, 0x0e, 16], 199, absolute)?.cfa, rspPlus(8));
  assert.deepEqual(rowAt([0x01, 200, 0, 0, 0, 0x0e, 16], 200, absolute)?.cfa, rspPlus(16));
});

test('remembered rows come back whole, and restore goes back to the common part', () => {
  const code = [0x0a, 0x0e, 48, 0x86, 3, 0x0b, 0x41, 0x90, 5, 0x86, 2, 0x42, 0xd0, 0xc6];
  assert.deepEqual(offsets(rowAt(code, 100)), [rspPlus(8), { 16: at(-8) }]);
  assert.deepEqual(offsets(rowAt(code, 101)), [rspPlus(8), { 16: at(-40), 6: at(-16) }]);
  assert.deepEqual(offsets(rowAt(code, 103)), [rspPlus(8), { 16: at(-8) }]);
});

test('every other kind of rule', () => {
  const rule = (...code: number[]) => rowAt(code, 100)?.rules.get(3);
  assert.deepEqual(rule(0x07, 3), { kind: 'undefined' });
  assert.deepEqual(rule(0x08, 3), { kind: 'same' });
  assert.deepEqual(rule(0x09, 3, 5), { kind: 'register', register: 5 });
  assert.deepEqual(rule(0x05, 3, 4), at(-32));
  assert.deepEqual(rule(0x11, 3, 0x7e), at(16));
  assert.deepEqual(rule(0x2f, 3, 2), at(16));
  assert.deepEqual(rule(0x14, 3, 2), { kind: 'value_offset', offset: -16 });
  assert.deepEqual(rule(0x15, 3, 0x7f), { kind: 'value_offset', offset: 8 });
  assert.deepEqual(rule(0x10, 3, 2, 0x77, 8), { kind: 'expression', code: Buffer.of(0x77, 8) });
  assert.deepEqual(rule(0x16, 3, 1, 0x31), { kind: 'value_expression', code: Buffer.of(0x31) });
  assert.deepEqual(rule(0x05, 3, 4, 0x06, 3), undefined);
  assert.deepEqual(rowAt([0x0d, 6, 0x2e, 16, 0x00], 100)?.cfa, { kind: 'register', register: 6, offset: 8 });
  assert.deepEqual(rowAt([0x12, 6, 0x7e], 100)?.cfa, { kind: 'register', register: 6, offset: 16 });
  assert.deepEqual(rowAt([0x13, 0x7d], 100)?.cfa, rspPlus(24));
  assert.deepEqual(rowAt([0x0f, 2, 0x76, 0], 100)?.cfa, { kind: 'expression', code: Buffer.of(0x76, 0) });
  const arm = common([0x0c, 31, 0], { codeFactor: 4, returnRegister: 30 });
  assert.deepEqual(rowAt([0x2d, 0x42, 0x0e, 16, 0x9e, 1], 107, arm)?.cfa, {
    kind: 'register',
    register: 31,
    offset: 0,
  });
  assert.deepEqual(rowAt([0x2d, 0x42, 0x0e, 16, 0x9e, 1], 108, arm)?.rules.get(30), at(-8));
});

test('what makes no sense is refused', () => {
  for (const code of [
    [0x0b],
    [0x0e],
    [0x3f],
    [0x0f, 2, 1],
    [0x0f, 1, 0, 0x0e, 8],
    [0x05, 0xff, 0xff, 0xff, 0xff, 1, 1],
  ])
    assert.throws(() => rowAt(code, 100), { name: 'UserError' }, String(code));
  assert.equal(rowAt([], 100, common([])), undefined);
});

test('programs that are made to cost time are refused soon', () => {
  const rules = Array.from({ length: 100 }, (_, i) => [0x05, i, 1]).flat();
  const endless = [...rules, ...Array.from({ length: 500_000 }, () => [0x0a, 0x0b]).flat()];
  const began = process.cpuUsage();
  assert.throws(() => rowAt(endless, 100), { name: 'UserError' });
  const { user, system } = process.cpuUsage(began);
  assert.ok(user + system < 500_000, `${user + system} us`);
  const remembered = (count: number) => rowAt([...rules, ...Array<number>(count).fill(0x0a)], 100);
  assert.equal(remembered(32)?.rules.size, 100);
  assert.throws(() => remembered(33), { name: 'UserError' });
  // As long as a large function of a compiler is.
  const long = [...rules, ...Array.from({ length: 3000 }, () => [0x0a, 0x41, 0x0b]).flat()];
  assert.equal(rowAt(long, 5000)?.rules.size, 100);
});

test('no bytes cause any other error', () => {
  const known = fc.constantFrom(0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x16, 0x41, 0x86, 0xc6, 0x2e);
  fc.assert(
    fc.property(fc.array(fc.oneof(known, fc.nat(255)), { maxLength: 120 }), fc.nat(300), (code, distance) => {
      try {
        rowAt(code, 100 + distance);
      } catch (thrown) {
        assert.ok(thrown instanceof Error && 'parts' in thrown, String(thrown));
      }
    }),
    { numRuns: 2000 },
  );
});
