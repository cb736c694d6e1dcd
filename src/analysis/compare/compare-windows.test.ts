// Two windows with a known difference, and two without: what is found, whom it names, what it leaves alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded, type Scene } from '../../../test/recorded.ts';
import type { Comparison, Difference } from './compare-windows.ts';
import { compareWindows } from './compare-windows.ts';

const MS = 1e6;
const SECOND = 1e9;
const main = { pid: 100, tid: 100, comm: 'trainer' };
const hog = { pid: 300, tid: 300, comm: 'hog' };

/** Steps of 10 ms with a little variation: launches, then a wait for the device. `delay` is spent behind the hog. */
const steps = ({ call, wait, slice }: Scene, from: number, to: number, delay: number, sync = 2 * MS) => {
  let at = from;
  for (let i = 0; at + 20 * MS < to; i++) {
    const jitter = ((i * 7919) % 13) * 0.05 * MS;
    call(main, 'cudaLaunchKernel', at, 5_000 + ((i * 31) % 7) * 100, { args: { fn: 0x401040 } });
    if (delay > 0) {
      wait(main, at + MS, 0, { runnable: delay });
      slice(hog, 0, at + MS, delay);
    }
    const end = at + 7 * MS + delay + jitter;
    call(main, 'cudaStreamSynchronize', end, sync, { args: { stream: 0 } });
    at = end + sync + MS;
  }
};

/** Two windows of 3 s; what differs from the first to the second. */
const compared = (build: (scene: Scene) => void): Comparison =>
  recorded(
    (scene) => {
      scene.process(100, 'trainer');
      scene.life(main, 0, 6 * SECOND);
      build(scene);
    },
    (recording) =>
      compareWindows(
        { recording, window: { start_ns: 0, end_ns: 3 * SECOND } },
        { recording, window: { start_ns: 3 * SECOND, end_ns: 6 * SECOND } },
      ),
  );
const causesOf = (differences: readonly Difference[]) =>
  differences.map((one) => (one.kind === 'time' ? `${one.cause} ${one.culprit?.comm ?? ''}`.trim() : one.kind));

test('a hog in the second window is the first difference, with its rows, and the fall of steps is told', () => {
  const { verdict, differences } = compared((scene) => {
    steps(scene, 0, 3 * SECOND, 0);
    steps(scene, 3 * SECOND, 6 * SECOND, 8 * MS);
  });
  assert.equal(verdict, 'different');
  const [first] = differences;
  assert.ok(first?.kind === 'time' && first.cause === 'runnable');
  assert.deepEqual(first.culprit, { pid: 300, comm: 'hog', isNew: true });
  assert.ok(Math.abs(first.after.share - 8 / 18.3) < 0.03, `${first.after.share}`);
  assert.equal(first.before.share, 0);
  assert.ok(first.evidence.some((row) => row.startsWith('run_slices:')));
  assert.match(first.summary, /hog \(pid 300\)/);
  const rate = differences.find(({ kind }) => kind === 'throughput');
  assert.match(rate?.summary ?? '', /steps a second \(cudaStreamSynchronize\)/);
  // Fewer launches are the fall of the steps, not a difference of their own.
  assert.ok(!differences.some(({ kind }) => kind === 'calls'));
});

test('the other way round the hog that went is the first', () => {
  const { differences } = compared((scene) => {
    steps(scene, 0, 3 * SECOND, 8 * MS);
    steps(scene, 3 * SECOND, 6 * SECOND, 0);
  });
  assert.equal(causesOf(differences)[0], 'runnable hog');
});

test('two windows alike differ in nothing, and it is said what was looked at', () => {
  const { verdict, differences, checked } = compared((scene) => steps(scene, 0, 6 * SECOND, 0));
  assert.equal(verdict, 'no_difference', JSON.stringify(differences));
  assert.ok(checked.some((line) => /calls: 2 kinds compared, 2 of them not different/.test(line)));
});

test('calls that take longer are told with their figures', () => {
  const { differences } = compared((scene) => {
    steps(scene, 0, 3 * SECOND, 0);
    steps(scene, 3 * SECOND, 6 * SECOND, 0, 6 * MS);
  });
  const slower = differences.find((one) => one.kind === 'calls');
  assert.ok(slower?.kind === 'calls' && slower.change === 'slower');
  assert.deepEqual([slower.op, slower.before.p50_ns, slower.after.p50_ns], ['cudaStreamSynchronize', 2 * MS, 6 * MS]);
});

test('a window in which nothing was recorded cannot be compared', () => {
  assert.equal(compared((scene) => steps(scene, 3.2 * SECOND, 6 * SECOND, 0)).verdict, 'insufficient_evidence');
});
