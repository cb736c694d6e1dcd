// Failed calls: one chain each, and none for what only passed on inside another call.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded, type Scene } from '../../../test/recorded.ts';
import { failuresOf } from './failure.ts';

const main = { pid: 100, tid: 100, comm: 'trainer' };

const failures = (build: (scene: Scene) => void) =>
  recorded(build, (recording) =>
    failuresOf(recording, { window: recording.window }).map(({ op, ret, count }) => [op, ret, count]),
  );

test('a failure that an outer call passes on is told once, one that it swallows by itself', () => {
  const nested = (outer: number) => (scene: Scene) => {
    for (let i = 0; i < 3; i++) {
      scene.call(main, 'cuMemAlloc', i * 10_000 + 1000, 2000, { depth: 1, ret: 2 });
      scene.call(main, 'cudaMalloc', i * 10_000, 5000, { ret: outer });
    }
  };
  assert.deepEqual(failures(nested(2)), [['cudaMalloc', 2, 3]]);
  assert.deepEqual(failures(nested(0)), [['cuMemAlloc', 2, 3]]);
});

test('work that is not done yet is no failure', () => {
  assert.deepEqual(
    failures((scene) => scene.call(main, 'cudaEventQuery', 0, 1000, { ret: 600 })),
    [],
  );
});
