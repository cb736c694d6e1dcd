import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { startRegisters } from './dwarf-registers.ts';
import type { CfaRule, FrameRow, RegisterRule } from './frame-row.ts';
import { type CodeLookup, type UnwindInput, unwind } from './unwind.ts';
import { createWalked } from './walked.ts';

const BASE = 0x7ffc_0000_1000;
const TRAMPOLINE = 0x7fff_ffff_e000;

/** A stack of 8-byte words from BASE on. */
const words = (...values: (number | bigint)[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [i, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), i * 8);
  return bytes;
};
const row = (register: number, offset: number, rules: Record<number, RegisterRule>, returnRegister = 16): FrameRow => ({
  cfa: { kind: 'register', register, offset } satisfies CfaRule,
  rules: new Map(Object.entries(rules).map(([key, rule]) => [Number(key), rule])),
  returnRegister,
  isSignal: false,
});
const at = (offset: number): RegisterRule => ({ kind: 'offset', offset });

/** Functions at 0x1000, 0x2000, ...: each row holds for 0x1000 bytes; all below 0x100000 is code. */
const code = (rows: Readonly<Record<number, FrameRow>>, changes: Partial<CodeLookup> = {}): CodeLookup => ({
  isCode: (address) => address >= 0x1000 && address < 0x100_000,
  rowAt: (address) => rows[Math.floor(address / 0x1000) * 0x1000],
  followsCall: () => true,
  ...changes,
});
const x64 = (registers: Readonly<Record<number, number>>, bytes: Buffer): UnwindInput => ({
  architecture: 'x64',
  registers: Array.from({ length: 17 }, (_, i) => registers[i] ?? Number.NaN),
  stack: { at: BASE, bytes },
  hijacked: [],
  trampoline: undefined,
});

const LEAF = row(7, 8, { 16: at(-8) });
const SAVES_RBX = row(7, 24, { 16: at(-8), 3: at(-24) });
const USES_RBX = row(3, 16, { 16: at(-8) });
const OUTERMOST = row(7, 8, { 16: { kind: 'undefined' } });

test('saved registers are followed, and the outermost frame ends the walk', () => {
  const rows = code({ 4096: LEAF, 8192: SAVES_RBX, 12288: USES_RBX, 16384: OUTERMOST });
  const stack = words(0x2010, BASE + 48, 7, 0x3010, 1, 2, 3, 0x4010);
  const found = unwind(x64({ 7: BASE, 16: 0x1004, 3: 5 }, stack), rows);
  const addresses = [0x1004, 0x2010, 0x3010, 0x4010];
  // The way depends on the return addresses, and on the rbx that the second function saved.
  const needs = [BASE, 0x2010, BASE + 24, 0x3010, BASE + 8, BASE + 48, BASE + 56, 0x4010];
  assert.deepEqual(found, { addresses, exact: [0], complete: true, stop: 'outermost', guessed: 0, needs });
});

test('a return address at the very start of a function belongs to the call before it', () => {
  const rows = code({ 4096: LEAF, 8192: OUTERMOST, 12288: LEAF });
  assert.equal(unwind(x64({ 7: BASE, 16: 0x1000 }, words(0x3000)), rows).stop, 'outermost');
});

test('a register that a call does not keep is not relied on', () => {
  const rows = code({ 4096: LEAF, 8192: row(0, 16, { 16: at(-8) }), 12288: OUTERMOST });
  const found = unwind(x64({ 7: BASE, 16: 0x1004, 0: BASE }, words(0x2010, 0x3010, 0x3010)), rows);
  assert.deepEqual([found.addresses, found.stop], [[0x1004, 0x2010], 'implausible']);
});

test('a return address outside of code is never given', () => {
  const rows = code({ 4096: LEAF, 8192: LEAF });
  for (const bad of [0x500, 0x200_000, 2n ** 63n]) {
    const found = unwind(x64({ 7: BASE, 16: 0x1004 }, words(0x2010, bad)), rows);
    assert.deepEqual([found.addresses, found.complete], [[0x1004, 0x2010], false]);
  }
  assert.deepEqual(unwind(x64({ 7: BASE, 16: 0x10 }, words(0x2010)), rows).addresses, []);
  assert.equal(unwind(x64({ 7: BASE, 16: 0x1004 }, words(0x2010, 0)), rows).stop, 'outermost');
});

test('a walk that a return address of 0 ended is only remembered together with that', () => {
  const rows = code({ 4096: LEAF, 8192: LEAF, 12288: OUTERMOST });
  const [ending, going] = [0, 0x3010].map((last) => x64({ 7: BASE, 16: 0x1004 }, words(0x2010, last)));
  assert.ok(ending && going);
  const end = unwind(ending, rows);
  assert.deepEqual([end.complete, end.needs], [true, [BASE, 0x2010, BASE + 8, 0]]);
  const walked = createWalked();
  walked.keep(ending, end);
  assert.equal(walked.find(ending), end);
  // The same but for the word at the end of the way.
  assert.equal(walked.find(going), undefined);
});

test('a walk ends when its time is over', () => {
  const rows = code({ 4096: LEAF, 8192: LEAF, 12288: OUTERMOST });
  let asked = 0;
  const isOver = () => ++asked === 2;
  const found = unwind({ ...x64({ 7: BASE, 16: 0x1004 }, words(0x2010, 0x3010)), isOver }, rows);
  assert.deepEqual([found.addresses, found.stop, found.complete], [[0x1004, 0x2010], 'out_of_time', false]);
});

test('a stack that leads back to itself ends', () => {
  const rows = code({ 4096: LEAF, 8192: row(7, -8, { 16: at(0) }) });
  assert.equal(unwind(x64({ 7: BASE, 16: 0x1004 }, words(0x2010, 0x2010, 0x2010)), rows).stop, 'implausible');
  const deep = unwind({ ...x64({ 7: BASE, 16: 0x1004 }, words(...Array(50).fill(0x1010))), maxFrames: 20 }, rows);
  assert.deepEqual([deep.addresses.length, deep.stop], [20, 'too_deep']);
});

test('code without tables is passed by its frame pointer, where that makes sense', () => {
  const rows = { 4096: LEAF, 12288: OUTERMOST };
  const stack = words(0x2010, 1, BASE + 32, 0x2020, 0, 0x3010);
  const start = x64({ 7: BASE, 6: BASE + 16, 16: 0x1004 }, stack);
  const found = unwind(start, code(rows));
  assert.deepEqual(found, {
    addresses: [0x1004, 0x2010, 0x2020, 0x3010],
    exact: [0],
    // A guess may have passed over a caller.
    complete: false,
    stop: 'outermost',
    guessed: 2,
    needs: undefined,
  });
  const noCall = unwind(start, code(rows, { followsCall: (address) => address !== 0x2020 }));
  assert.deepEqual([noCall.addresses, noCall.stop], [[0x1004, 0x2010], 'no_rule']);
  for (const [pointer, stop] of [
    [BASE - 8, 'no_rule'],
    [BASE + 17, 'no_rule'],
    [5, 'no_rule'],
    [0, 'no_rule'],
    [Number.NaN, 'no_rule'],
    [BASE + 4096, 'copy_ended'],
  ] as const)
    assert.equal(unwind(x64({ 7: BASE, 6: pointer, 16: 0x1004 }, stack), code(rows)).stop, stop, String(pointer));
});

test('what a signal interrupted is taken as it is', () => {
  const signal: FrameRow = {
    ...row(7, 16, { 16: at(-16), 7: at(-8), 3: { kind: 'value_offset', offset: 24 } }),
    isSignal: true,
  };
  const rows = code({ 4096: LEAF, 8192: signal, 12288: row(3, 0, { 16: at(0) }), 16384: OUTERMOST });
  // The interrupted function is at its first byte: one byte before lies another function.
  const stack = words(0x2001, 0x3000, BASE + 40, 0, 0, 0x4010, 0x4010);
  const found = unwind(x64({ 7: BASE, 16: 0x1004 }, stack), rows);
  assert.deepEqual(found.addresses, [0x1004, 0x2001, 0x3000, 0x4010]);
  assert.deepEqual(found.exact, [0, 1, 2]);
});

test('replaced return addresses are put back by where they lie', () => {
  const rows = code({ 4096: LEAF, 8192: LEAF, 12288: OUTERMOST });
  const input = { ...x64({ 7: BASE, 16: 0x1004 }, words(TRAMPOLINE, TRAMPOLINE)), trampoline: TRAMPOLINE };
  const hijacked = [
    { at: BASE + 8, to: 0x3010 },
    { at: BASE, to: 0x2010 },
  ];
  assert.deepEqual(unwind({ ...input, hijacked }, rows).addresses, [0x1004, 0x2010, 0x3010]);
  const half = unwind({ ...input, hijacked: hijacked.slice(1) }, rows);
  assert.deepEqual([half.addresses, half.stop], [[0x1004, 0x2010], 'hijacked']);
});

test('arm64: the link register leads on from a leaf, signatures are stripped, probes are found by the frame', () => {
  const LR = 30;
  const leaf = row(31, 0, {}, LR);
  const usual = row(31, 32, { 30: at(-24), 29: at(-32) }, LR);
  const rows = code({ 4096: leaf, 8192: usual, 12288: usual, 16384: row(31, 0, { 30: { kind: 'undefined' } }, LR) });
  const signed = (address: number): bigint => (0x2bcdn << 48n) | BigInt(address);
  const sent = new Uint32Array(28);
  const set = (index: number, value: bigint): void => {
    sent[index * 2] = Number(value & 0xffff_ffffn);
    sent[index * 2 + 1] = Number(value >> 32n);
  };
  set(11, signed(0x2010));
  set(12, BigInt(BASE));
  set(13, 0x1004n);
  const registers = startRegisters('arm64', sent);
  assert.deepEqual([registers[30], registers[31], registers[32]], [0x2010, BASE, 0x1004]);
  assert.ok(Number.isNaN(registers[0]));
  const bytes = words(BASE + 32, TRAMPOLINE, 0, 0, BASE + 64, signed(0x4010), 0, 0);
  const input: UnwindInput = {
    architecture: 'arm64',
    registers,
    stack: { at: BASE, bytes },
    hijacked: [{ at: BASE + 32, to: 0x3010 }],
    trampoline: TRAMPOLINE,
  };
  const found = unwind(input, rows);
  assert.deepEqual([found.addresses, found.stop], [[0x1004, 0x2010, 0x3010, 0x4010], 'outermost']);
  const byPointer = unwind(
    { ...input, registers: registers.map((v, i) => (i === 29 ? BASE : v)) },
    code({ 4096: leaf }),
  );
  assert.deepEqual(byPointer.addresses.slice(0, 3), [0x1004, 0x2010, 0x3010]);
});

test('whatever lies on the stack, only code comes out, and it ends', () => {
  const rows = code({ 4096: LEAF, 8192: SAVES_RBX, 12288: USES_RBX, 16384: row(6, 16, { 16: at(-8), 6: at(-16) }) });
  const word = fc.oneof(
    fc.integer({ min: 0xff0, max: 0x5200 }),
    fc.nat(40).map((i) => BASE + i * 8),
    fc.nat(),
  );
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 40 }),
      fc.array(word, { minLength: 17, maxLength: 17 }),
      (stack, registers) => {
        const start = { ...x64({}, words(...stack)), registers: registers.with(7, BASE), maxFrames: 60 };
        const { addresses, complete, stop, guessed } = unwind(start, rows);
        assert.ok(addresses.length <= 60 && addresses.every((address) => address >= 0x1000 && address < 0x100_000));
        assert.equal(complete, stop === 'outermost' && guessed === 0);
      },
    ),
    { numRuns: 1000 },
  );
});
