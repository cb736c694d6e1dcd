import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../base/alert.ts';
import { createAlertBook } from './book.ts';

const finding = (changes: Partial<Finding> = {}): Finding => ({
  rule: 'r',
  watch: 'security',
  severity: 'high',
  title: 't',
  time: 0,
  key: 'k',
  facts: {},
  evidence: [],
  benign: '',
  ...changes,
});

test('equal findings within a minute are one alert with a count', () => {
  const raised: number[] = [];
  const again: (readonly [id: number, count: number, time: number])[] = [];
  const book = createAlertBook(
    ({ id }) => raised.push(id),
    ({ id, count }, { time }) => again.push([id, count, time]),
  );
  for (const time of [0, 10e9, 65e9]) book.add(finding({ time }));
  assert.deepEqual(raised, [1]);
  assert.deepEqual(again, [
    [1, 2, 10e9],
    [1, 3, 65e9],
  ]);
  assert.deepEqual(
    book.list(0, 'info').map(({ count, last }) => [count, last]),
    [[3, 65e9]],
  );
  book.add(finding({ time: 200e9 }));
  book.add(finding({ time: 200e9, key: 'other' }));
  assert.deepEqual(raised, [1, 2, 3]);
});

test('a noisy rule is held back, and it is said how much; others are not', () => {
  const book = createAlertBook();
  for (let i = 0; i < 50; i++) book.add(finding({ key: String(i) }));
  assert.equal(book.list(0, 'info').length, 20);
  assert.deepEqual([...book.heldBack()], [['r', 30]]);
  book.add(finding({ rule: 'other' }));
  book.add(finding({ process: { pid: 2, comm: 'another', exe: '/bin/another' } }));
  assert.equal(book.list(0, 'info').length, 22);
  book.add(finding({ key: 'later', time: 61e9 }));
  assert.equal(book.lastId(), 23);
});

test('by severity and from a place on', () => {
  const book = createAlertBook();
  for (const severity of ['info', 'low', 'medium', 'high', 'critical'] as const)
    book.add(finding({ severity, key: severity }));
  assert.deepEqual(
    book.list(2, 'high').map(({ severity }) => severity),
    ['high', 'critical'],
  );
  assert.equal(book.list(3, 'info').length, 2);
});
