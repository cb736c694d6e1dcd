import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesText, countText, durationCell, durationText, shareText } from './units.ts';

test('a duration has three digits and the unit that fits', () => {
  const shown = [0, 7, 850, 999.6, 6_100, 38_210_000, 999_999_999, 1_530_000_000, 3_600e9].map(durationText);
  assert.deepEqual(shown, ['0 ns', '7 ns', '850 ns', '1 us', '6.1 us', '38.2 ms', '1 s', '1.53 s', '3600 s']);
});

test('in a table all durations have three digits', () => {
  assert.deepEqual([0, 850, 6_100, 1_500_000_000, 999_900].map(durationCell), [
    '0 ns',
    '850 ns',
    '6.10 us',
    '1.50 s',
    '1.00 ms',
  ]);
});

test('sizes are powers of 1024', () => {
  assert.deepEqual([0, 512, 4096, 1.5 * 2 ** 30, 2 ** 50].map(bytesText), [
    '0 B',
    '512 B',
    '4 KiB',
    '1.5 GiB',
    '1 PiB',
  ]);
});

test('a share is 0 % or 100 % only when it is exactly that', () => {
  const shown = [0, 0.0002, 0.004, 0.06, 0.94, 0.996, 0.9999, 1].map(shareText);
  assert.deepEqual(shown, ['0 %', '<0.1 %', '0.4 %', '6 %', '94 %', '99.6 %', '99.9 %', '100 %']);
});

test('one thing has no plural', () => {
  assert.deepEqual([countText(1, 'call'), countText(12, 'call')], ['1 call', '12 calls']);
});
