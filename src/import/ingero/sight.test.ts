import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSight, without } from './sight.ts';

const stretch = (start: number, end: number) => ({ start, end });

test('a stretch without others', () => {
  const whole = stretch(10, 20);
  for (const [cuts, left] of [
    [[], [whole]],
    [[stretch(0, 5), stretch(25, 30)], [whole]],
    [[stretch(0, 12), stretch(11, 14), stretch(18, 30)], [stretch(14, 18)]],
    [
      [stretch(12, 13), stretch(15, 16)],
      [stretch(10, 12), stretch(13, 15), stretch(16, 20)],
    ],
    [[stretch(0, 30)], []],
  ] as const)
    assert.deepEqual(without(whole, cuts), left);
});

test("a silence is remarkable against the thread's own rhythm, and only where that is known", () => {
  const silencesOf = (count: number, step: number, gap: number) => {
    const sight = createSight();
    let at = 0;
    for (let i = 0; i < count; i++) {
      sight.saw(1, stretch(at, at + 1), 'wait');
      at += i === count - 2 ? gap : step;
    }
    return sight.silences().length;
  };
  assert.equal(silencesOf(200, 1e7, 2e9), 1);
  assert.equal(silencesOf(200, 1e7, 9e8), 0, 'shorter than a second');
  assert.equal(silencesOf(200, 5e8, 2e9), 0, 'four times its usual one');
  assert.equal(silencesOf(20, 1e7, 2e9), 0, 'too few rows');
});
