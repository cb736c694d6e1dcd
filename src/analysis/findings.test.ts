// Symptoms that are no slow call and no gap: what is found in scenes that have one, and that healthy ones have none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded, type Scene } from '../../test/recorded.ts';
import { pythonFrame } from '../../test/scene.ts';
import type { Chain } from './chain.ts';
import { causalChains } from './chains.ts';
import { furtherFindings } from './findings.ts';

const MS = 1e6;
const main = { pid: 100, tid: 100, comm: 'trainer' };
const other = { pid: 300, tid: 300, comm: 'hog' };

/** What is found besides slow calls and gaps, as if nothing were said yet. */
const found = (build: (scene: Scene) => void): readonly Chain[] =>
  recorded(build, (recording) =>
    furtherFindings(recording, recording.window, undefined, []).map(({ chain }, i) => chain(`c${i + 1}`)),
  );

/** Steps of four short calls with 0.8 ms of work between them; from `from` on the hog has the CPU in each pause. */
const loop = ({ call, wait, slice, process }: Scene, from: number, ops: (i: number) => readonly string[]) => {
  process(100, 'trainer');
  let at = 0;
  for (let i = 0; i < 400; i++)
    for (const op of ops(i)) {
      call(main, op, at, 20_000, op === 'cudaLaunchKernel' ? { args: { fn: 16 } } : { args: { stream: 0 } });
      at += 20_000;
      if (i >= from) {
        wait(main, at + 100_000, 0, { runnable: 0.6 * MS });
        slice(other, 0, at + 100_000, 0.6 * MS);
        at += 0.6 * MS;
      }
      at += 0.8 * MS;
    }
};
const step = () => ['cudaLaunchKernel', 'cudaLaunchKernel', 'cudaMemcpyAsync', 'cudaStreamSynchronize'];

test('steps that got slower by many small delays name who ran instead', () => {
  const [chain, ...more] = found((scene) => loop(scene, 250, step));
  assert.ok(chain !== undefined && more.length === 0);
  assert.deepEqual([chain.symptom.kind, chain.symptom.op], ['stall', 'steps (cudaStreamSynchronize)']);
  assert.deepEqual([chain.root.kind, chain.root.pid], ['runnable', 300]);
  assert.equal(chain.symptom.baseline_ns, 3.28 * MS);
  assert.ok(Math.abs(chain.symptom.count - 150) <= 10, `${chain.symptom.count}`);
  assert.ok(Math.abs(chain.root.share - 2.4 / 5.68) < 0.02, `${chain.root.share}`);
  assert.ok(Math.abs(chain.breakdown.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9);
  assert.ok(chain.links[0]?.evidence.every((row) => /^(calls|waits|run_slices):\d+$/.test(row)));
});

test('calls a second that fell are told where there are no steps', () => {
  const random = (i: number) => ((i * 7919) % 5) + 1;
  const [chain] = found((scene) =>
    loop(scene, 250, (i) =>
      Array.from({ length: random(i) }, (_, k) => ((k + i) % 3 === 0 ? 'cudaMemcpyAsync' : 'cudaLaunchKernel')),
    ),
  );
  assert.deepEqual([chain?.symptom.op, chain?.root.kind, chain?.root.pid], ['calls a second', 'runnable', 300]);
});

test('a steady loop, a warm-up and another part of a program are none', () => {
  assert.deepEqual(
    found((scene) => loop(scene, 400, step)),
    [],
  );
  const evaluation = (i: number) =>
    i < 250 ? step() : [...step(), ...step().slice(0, 3), 'cudaStreamSynchronize'].slice(3);
  assert.deepEqual(
    found((scene) => loop(scene, 400, evaluation)),
    [],
  );
});

test('what a chain says already is not said again', () => {
  const again = recorded(
    (scene) => loop(scene, 250, step),
    (recording) => {
      const [first] = furtherFindings(recording, recording.window, undefined, []);
      const chain = first?.chain('c1');
      return chain === undefined ? undefined : furtherFindings(recording, recording.window, undefined, [chain]);
    },
  );
  assert.deepEqual(again, []);
});

/** An allocation each 10 ms; `frees` says which of them is freed, and how long after. */
const allocating =
  (frees: (i: number) => number | undefined, bytes = 2 ** 20) =>
  (scene: Scene) => {
    const stack = [pythonFrame('load', '/srv/train.py', 12)];
    let later: readonly { readonly at: number; readonly ptr: number }[] = [];
    for (let i = 0; i < 300; i++) {
      const at = i * 10 * MS;
      for (const { at: when, ptr } of later.filter((one) => one.at <= at))
        scene.call(main, 'cudaFree', when, 1000, { ptr });
      scene.call(main, 'cudaMalloc', at, 1000, { args: { bytes }, ptr: 0x10000 + i * 4096, stack });
      const after = frees(i);
      const freed = after === undefined ? [] : [{ at: at + after * MS, ptr: 0x10000 + i * 4096 }];
      later = [...later.filter((one) => one.at > at), ...freed];
    }
  };

test('memory that grows names its allocations, its line and its rate', () => {
  const [chain, ...more] = found(allocating((i) => (i % 3 === 0 ? undefined : 5)));
  assert.ok(chain !== undefined && more.length === 0);
  assert.deepEqual([chain.symptom.kind, chain.root.kind, chain.symptom.op], ['failure', 'gpu_memory', 'cudaMalloc']);
  assert.match(chain.summary, /takes ever more memory of the device: 67 MiB in 1.99 s .* at load\(\) at train.py:12/);
  assert.equal(chain.grade, 'B');
  assert.ok(chain.counter_evidence.some((line) => line.includes('cannot be seen')));
});

test('memory that is freed in time, or taken in the beginning, does not grow', () => {
  assert.deepEqual(found(allocating(() => 45)), []);
  assert.deepEqual(found(allocating((i) => (i < 90 ? undefined : 25))), []);
});

test('where frees may be missing the growth is no more than likely', () => {
  const [chain] = found((scene) => {
    allocating((i) => (i % 3 === 0 ? undefined : 5))(scene);
    scene.writer.loss('ring_full_call', 0, 1e9, 500, null);
  });
  assert.equal(chain?.grade, 'E');
  assert.ok((chain?.confidence ?? 1) < 0.5);
});

test('where the first rows have gone, what was in use before is not known, and what they freed may be meant', () => {
  const [chain] = found((scene) => {
    allocating((i) => (i % 3 === 0 ? undefined : 5))(scene);
    scene.writer.loss('call_pruned', 0, 1, 500, null);
  });
  assert.equal(chain?.grade, 'E');
  assert.match(chain?.summary ?? '', /what was in use before is not known/);
  assert.doesNotMatch(chain?.summary ?? '', /were in use before/);
  assert.doesNotMatch(chain?.counter_evidence.join() ?? '', /500 are possible/);
});

test('a process that was killed for lack of memory is a failure, with the row of the kernel', () => {
  const killed = (scene: Scene) => {
    scene.process(100, 'trainer');
    scene.call(main, 'cudaLaunchKernel', 0, 1000);
    const [thread, by] = [scene.writer.threadId(100, 100, 'trainer'), scene.writer.threadId(300, 300, 'hog')];
    scene.writer.waits.moment({ time: 5e8, thread, kind: 2, value: 2 ** 18, detail: 0, by });
    scene.life(main, 0, 6e8);
  };
  const { chains, verdict } = recorded(killed, (recording) => causalChains(recording, { top: 5 }));
  assert.equal(verdict, 'explained');
  const [chain] = chains;
  assert.deepEqual(
    [chain?.symptom.kind, chain?.root.kind, chain?.links[0]?.evidence],
    ['failure', 'oom', ['moments:1']],
  );
  assert.match(chain?.summary ?? '', /no memory left: hog \(pid 300\) asked for memory/);
});
