import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../base/errors.ts';
import { formatTime, parseTime } from './time-text.ts';

test('a time is seconds, or a number with a unit', () => {
  const cases: readonly (readonly [number | string, number])[] = [
    [1.5, 1.5e9],
    ['1.5', 1.5e9],
    [' 2 s ', 2e9],
    ['200ms', 2e8],
    ['7us', 7000],
    ['9ns', 9],
    ['2m', 120e9],
    ['1h', 3600e9],
    ['.5s', 5e8],
    [0, 0],
  ];
  for (const [text, ns] of cases) assert.equal(parseTime(text), ns, String(text));
});

test('anything else is refused in one line', () => {
  for (const text of [
    '',
    'abc',
    '-1',
    '1.5 parsecs',
    '1e400',
    'Infinity',
    '1 2',
    '99999999999999999999',
    Number.NaN,
    -3,
  ])
    assert.throws(
      () => parseTime(text),
      (error) => error instanceof UserError && error.exitCode === 2,
      String(text),
    );
});

test('a duration is shown in the unit that fits, without jumping at its limits', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0 ns'],
    [999, '999 ns'],
    [1000, '1.00 us'],
    [12_345, '12.3 us'],
    [999_900, '1.00 ms'],
    [123_456_789, '123 ms'],
    [1_530_000_000, '1.53 s'],
    [7_200e9, '7200 s'],
  ];
  for (const [ns, text] of cases) assert.equal(formatTime(ns), text);
});
