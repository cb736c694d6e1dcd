import assert from 'node:assert/strict';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { temporaryFolder } from '../compile-for-test.ts';
import { readLdCache } from '../ld-cache.ts';
import { tryOpenElf } from '../symbols/elf.ts';
import { symbolSections, visitFunctions } from '../symbols/elf-symbols.ts';
import { lacksObjdump, PIECE, takeApart } from './objdump-for-test.ts';
import { decodeX64 } from './x64-instruction.ts';
import { candidatesX64 } from './x64-site.ts';

/** Functions of a file that are looked at: all of them with WHYTRACE_EVERY_FUNCTION=1. */
const MOST = process.env.WHYTRACE_EVERY_FUNCTION === '1' ? Number.POSITIVE_INFINITY : 2500;
const NOPS = { x64: true, x64AnyForm: true, arm64: true };

test('the length of each instruction of the corpus', () => {
  const lines = readFileSync(new URL('./x64-corpus.txt', import.meta.url), 'utf8').split('\n');
  const corpus = lines.filter((line) => /^[0-9a-f]+$/.test(line));
  assert.ok(corpus.length > 300);
  for (const hex of corpus) {
    // What follows is not looked at.
    const code = Buffer.from(`${hex}cccccccccccccccccccccccccccccc`, 'hex');
    assert.equal(decodeX64(code, 0)?.length, hex.length / 2, hex);
    assert.equal(decodeX64(code.subarray(0, hex.length / 2 - 1), 0), undefined, `cut: ${hex}`);
  }
});

const UNKNOWN: readonly (readonly [what: string, hex: string])[] = [
  ['an opcode of 32-bit code', '60'],
  ['a REX prefix before another prefix', '4866c3'],
  ['two REX prefixes', '4848c3'],
  ['a call whose length processors do not agree on', '66e8000000000000'],
  ['VEX behind a prefix', '66c5f877'],
  ['fifteen prefixes and no opcode', '66666666666666666666666666666666'],
  ['nothing', ''],
];
for (const [what, hex] of UNKNOWN)
  test(`gives up on ${what}`, () => assert.equal(decodeX64(Buffer.from(hex, 'hex'), 0), undefined));

const JUMPS: readonly (readonly [hex: string, jump: number])[] = [
  ['ebfe', -2],
  ['7405', 5],
  ['e8fbffffff', -5],
  ['e900010000', 256],
  ['0f8410000000', 16],
];
for (const [hex, jump] of JUMPS)
  test(`${hex} jumps ${jump} bytes`, () => assert.equal(decodeX64(Buffer.from(hex, 'hex'), 0)?.jump, jump));

test('random bytes: no more than is there, and never a crash', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(80), (bytes, at) => {
      const one = decodeX64(bytes, at);
      if (one === undefined) return;
      assert.ok(one.length >= 1 && one.length <= 15 && at + one.length <= bytes.length);
      // The same bytes alone are the same instruction.
      assert.equal(decodeX64(bytes.subarray(at, at + one.length), 0)?.length, one.length);
    }),
    { numRuns: 5000 },
  );
});

test('random bytes: places for a probe lie where an instruction begins', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(4095), (bytes, place) => {
      const begins = new Set([0]);
      for (let at = 0; at < bytes.length; ) {
        const one = decodeX64(bytes, at);
        if (one === undefined) break;
        begins.add(at);
        at += one.length;
      }
      for (const { offset } of candidatesX64(Buffer.from(bytes), place, NOPS)) assert.ok(begins.has(offset));
    }),
    { numRuns: 2000 },
  );
});

/** The first bytes of the functions that a file exports, those that are the same once. */
const beginnings = (path: string): readonly Uint8Array[] => {
  using elf = tryOpenElf(path);
  const table = elf && (symbolSections(elf).dynamic ?? symbolSections(elf).full);
  if (elf === undefined || table === undefined || elf.machine !== 'x64') return [];
  const offsets = new Set<number>();
  visitFunctions(elf, table, ({ address }) => {
    const offset = elf.fileOffsetOf(address);
    if (offset !== undefined && offset + PIECE <= elf.size) offsets.add(offset);
  });
  const step = Math.max(1, offsets.size / MOST);
  const chosen = [...offsets].filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
  const all = new Map(chosen.map((offset) => elf.read(offset, PIECE)).map((code) => [code.toString('hex'), code]));
  return [...all.values()];
};

const cached = readLdCache('x64');
const inCache = (name: RegExp): readonly string[] => cached.flatMap((one) => (name.test(one.name) ? [one.path] : []));
const FILES = [
  ...inCache(/^libc\.so\.6$/),
  ...inCache(/^libpython3\.\d+\.so/),
  ...inCache(/^ld-linux-x86-64\.so\.2$/),
  ...inCache(/^libcudart\.so/),
  '/usr/local/cuda/lib64/libcudart.so',
  '/usr/bin/python3',
  process.execPath,
];
const files = [...new Set(FILES.filter(existsSync).map((path) => realpathSync(path)))];

for (const path of process.arch === 'x64' ? files : [])
  test(`objdump agrees on the functions of ${path.split('/').at(-1)}`, { skip: lacksObjdump }, (t) => {
    const pieces = beginnings(path);
    const truths = takeApart(temporaryFolder(t), pieces);
    let agreed = 0;
    let unknown = 0;
    for (const [i, piece] of pieces.entries()) {
      const truth = truths[i] ?? new Map<number, number>();
      const hex = Buffer.from(piece).toString('hex');
      // Those that begin later may be cut off.
      for (let at = 0; at <= PIECE - 15; ) {
        const one = decodeX64(piece, at);
        if (one === undefined) {
          unknown++;
          break;
        }
        assert.equal(one.length, truth.get(at), `at ${at} of ${hex}`);
        agreed++;
        at += one.length;
      }
      for (const { offset } of candidatesX64(Buffer.from(piece), 0, NOPS))
        assert.ok(truth.has(offset), `place ${offset} of ${hex}`);
    }
    t.diagnostic(`${pieces.length} functions, ${agreed} instructions, ${unknown} functions not to their end`);
    assert.ok(unknown <= pieces.length * 0.02, `${unknown} of ${pieces.length} functions are not understood`);
  });
