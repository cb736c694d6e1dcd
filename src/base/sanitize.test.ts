import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cleanText } from './sanitize.ts';

const CASES: readonly (readonly [what: string, input: string, output: string])[] = [
  ['plain text', 'train.py --epochs 3', 'train.py --epochs 3'],
  ['colours', '\x1b[1;31mred\x1b[0m', 'red'],
  ['a cursor that goes back over the line', 'good\x1b[2K\x1b[1Gbad', 'goodbad'],
  ['a window title', 'a\x1b]0;title\x07b', 'ab'],
  ['a link', '\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\', 'text'],
  ['C1 forms of the same', 'a\x9b31mb\x9d0;t\x9cc', 'abc'],
  ['a lone escape', 'a\x1b', 'a'],
  ['a torn escape', 'a\x1b[12', 'a'],
  ['line breaks', 'a\r\nb\nc\u2028d\te', 'a b c d e'],
  ['nul and backspace', 'a\0b\bc', 'abc'],
  ['reversed order', 'a\u202etxt.exe\u2066b\u2069', 'atxt.exeb'],
  ['zero width', 'a\u200bb\u200dc\u2060d\ufeffe', 'abcde'],
  ['words in tag characters', 'a\u{e0069}\u{e0067}\u{e006e}b\u{e0100}', 'ab'],
  ['variation selectors', '❤\ufe0f', '❤'],
  ['half a surrogate pair', 'a\ud83db', 'ab'],
  ['decomposed letters', 'e\u0301', 'é'],
  ['other scripts and emoji', 'данные 数据 😀', 'данные 数据 😀'],
];

for (const [what, input, output] of CASES) {
  test(`${what}`, () => assert.equal(cleanText(input, 100), output));
}

test('long text is cut and says by how much', () => {
  assert.equal(cleanText('abcdefgh', 5), 'abcde…(+3)');
  assert.equal(cleanText('abcde', 5), 'abcde');
  assert.equal(cleanText('abc😀def', 4), 'abc…(+5)');
  assert.equal(cleanText('x'.repeat(10_000_000), 10), `${'x'.repeat(10)}…(+9999990)`);
});

const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\x1b',
      '[',
      ']',
      '\x9b',
      '\x07',
      'm',
      ';',
      '3',
      '\n',
      '\u202e',
      '\u200b',
      '\u{e0041}',
      '\ufe0f',
      '\u0301',
      'e',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.nat(0xffff).map((unit) => String.fromCharCode(unit)),
  ),
  maxLength: 60,
});
// Written as ranges, apart from the code under test.
const FORBIDDEN: readonly (readonly [number, number])[] = [
  [0, 0x1f],
  [0x7f, 0x9f],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x2069],
  [0xd800, 0xdfff],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xe0000, 0xe01ef],
];

test('nothing unseen is ever left, and the length holds', () => {
  fc.assert(
    fc.property(nasty, fc.integer({ min: 1, max: 80 }), (text, max) => {
      const clean = cleanText(text, max);
      for (const character of clean) {
        const code = character.codePointAt(0) ?? 0;
        assert.ok(!FORBIDDEN.some(([from, to]) => code >= from && code <= to), `U+${code.toString(16)} is left`);
      }
      assert.ok(clean.replace(/…\(\+\d+\)$/, '').length <= max);
    }),
    { numRuns: 2000 },
  );
});

test('clean text stays as it is', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const once = cleanText(text, 1000);
      assert.equal(cleanText(once, 1000), once);
      assert.equal(once, once.normalize('NFC'));
    }),
  );
});
