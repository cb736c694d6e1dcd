import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { answersAt } from './answers.ts';

test('a question is asked once, until its answer is no longer good or all is forgotten', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-answers-'));
  t.after(() => rmSync(folder, { recursive: true }));
  let asked = 0;
  const ask = () => [`answer ${++asked}`];
  const path = join(folder, 'answers.json');
  assert.deepEqual(answersAt(path).to('a', ask), ['answer 1']);
  assert.deepEqual(answersAt(path).to('a', ask), ['answer 1']);
  assert.deepEqual(answersAt(path).to('b', ask), ['answer 2']);
  assert.deepEqual(
    answersAt(path).to('a', ask, () => false),
    ['answer 3'],
  );
  answersAt(path).forget();
  assert.deepEqual(answersAt(path).to('b', ask), ['answer 4']);
});
