import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadAgain } from './load-again.ts';

/** Loads with these answers one after the other (the last one for ever), and tells what was done. */
const loaded = (...answers: readonly number[]) => {
  const done: string[] = [];
  let opened = 0;
  const { result, opened: last } = loadAgain(
    {
      open: () => ++opened,
      load: (object) => {
        done.push(`load ${object}`);
        return answers[object - 1] ?? answers.at(-1) ?? 0;
      },
      close: (object) => done.push(`close ${object}`),
    },
    () => {},
  );
  return { result, last, done };
};

test('what is loaded at once is opened once', () => {
  assert.deepEqual(loaded(0), { result: 0, last: 1, done: ['load 1'] });
});

test('an interrupted check is begun anew with a fresh object, and the old one is given up', () => {
  assert.deepEqual(loaded(-11, -4, 0), {
    result: 0,
    last: 3,
    done: ['load 1', 'close 1', 'load 2', 'close 2', 'load 3'],
  });
});

test('another error is told at once', () => {
  assert.deepEqual(loaded(-22, 0), { result: -22, last: 1, done: ['load 1'] });
});

test('signals that never end are given up on, and what was opened last is still the caller’s', () => {
  const { result, last, done } = loaded(-11);
  assert.equal(result, -11);
  assert.equal(last, 20);
  assert.equal(done.filter((step) => step.startsWith('load')).length, 20);
  assert.ok(!done.includes('close 20'));
});
