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
  for (const time of [0, 10e9, 59e9]) book.add(finding({ time }));
  assert.deepEqual(raised, [1]);
  assert.deepEqual(again, [
    [1, 2, 10e9],
    [1, 3, 59e9],
  ]);
  assert.deepEqual(
    book.list(0, 'info').map(({ count, last }) => [count, last]),
    [[3, 59e9]],
  );
  // However often it is repeated: a minute after the first it is told anew.
  book.add(finding({ time: 61e9 }));
  book.add(finding({ time: 61e9, key: 'other' }));
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

test('of equal findings the last few other facts are kept, each once', () => {
  const book = createAlertBook();
  for (const n of [1, 2, 2, 1, 3, 4, 5]) book.add(finding({ facts: { n } }));
  const [alert] = book.list(0, 'info');
  assert.deepEqual([alert?.facts, alert?.also, alert?.count], [{ n: 1 }, [{ n: 3 }, { n: 4 }, { n: 5 }], 7]);
});

test('one rule cannot fill the book under many names of programs, and long names are cut', () => {
  const book = createAlertBook();
  for (let i = 0; i < 300; i++)
    book.add(finding({ key: String(i), process: { pid: i, comm: 'c', exe: `/tmp/${i}${'x'.repeat(2000)}` } }));
  assert.equal(book.lastId(), 200);
  assert.deepEqual([...book.heldBack()], [['r', 100]]);
  assert.equal(book.list(0, 'info')[0]?.process?.exe?.length, 512);
  book.add(finding({ rule: 'other', key: 'o' }));
  assert.equal(book.lastId(), 201);
});

test('when the book is full what is least severe goes first, and the gap is told', () => {
  const book = createAlertBook();
  const add = (id: number, severity: Finding['severity']) =>
    book.add(finding({ rule: `r${id % 100}`, key: String(id), severity, time: id * 10e9 }));
  add(1, 'critical');
  for (let id = 2; id <= 5010; id++) add(id, 'low');
  assert.equal(book.lastId(), 5010);
  assert.deepEqual(
    book
      .list(0, 'info')
      .slice(0, 2)
      .map(({ id }) => id),
    [1, 12],
  );
  assert.deepEqual([book.gap(0), book.gap(11), book.gap(6000)], [10, 0, 0]);
});

test('of what proves an alert the first and the last rows are named', () => {
  const book = createAlertBook();
  for (let i = 1; i <= 9; i++) book.add(finding({ evidence: [`live:${i}`] }));
  const [alert] = book.list(0, 'info');
  assert.deepEqual(alert?.evidence, ['live:1', 'live:2', 'live:7', 'live:8', 'live:9']);
});
