import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { type CanonicalValue, canonicalRow, GENESIS, rowHash } from './chain.ts';

const hex = (...values: readonly CanonicalValue[]) => canonicalRow(values).toString('hex');

test('the form of each type of value', () => {
  assert.equal(hex(), '00000000');
  assert.equal(hex(null), '0100000000');
  assert.equal(hex(0), '0100000010');
  assert.equal(hex(1), '010000001101');
  assert.equal(hex(-1), '0100000020');
  assert.equal(hex(-257), '01000000220001');
  assert.equal(hex(0x123456), '0100000013563412');
  assert.equal(hex(2n ** 63n - 1n), `0100000018${'ff'.repeat(7)}7f`);
  assert.equal(hex(0.5), '0100000030000000000000e03f');
  assert.equal(hex('aé'), '010000004003000000' + '61c3a9');
  assert.equal(hex(new Uint8Array([7])), '01000000500100000007');
});

test('a whole number is the same row however JavaScript holds it', () => {
  for (const value of [0, -0, 5, -5, 2 ** 53, -(2 ** 63), 2 ** 62]) assert.equal(hex(value), hex(BigInt(value)));
});

test('no two of many similar rows share their bytes', () => {
  const parts: readonly CanonicalValue[] = [
    ...[null, 0, 1, 255, 256, -1, -256, -257, 0.5, 2 ** 64, 1n << 40n],
    ...['', '\0', '0', '1', 'a', 'ab', 'b', new Uint8Array(0), new Uint8Array([0]), new Uint8Array([97])],
  ];
  const rows = parts.flatMap((a) => [[a], ...parts.flatMap((b) => [[a, b], ...parts.map((c) => [a, b, c])])]);
  assert.equal(new Set(rows.map((row) => hex(...row))).size, rows.length);
});

test('a row is hashed with the hash of the row before it', () => {
  const row = canonicalRow([1, 'x']);
  const expected = createHash('sha256').update(Buffer.alloc(32)).update(row).digest('hex');
  const first = rowHash(GENESIS, row);
  assert.equal(first.toString('hex'), expected);
  assert.notDeepEqual(rowHash(first, row), first);
});
