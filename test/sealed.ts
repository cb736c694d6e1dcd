// A sealed recording with rows in every table and several seals, to be changed in every way that a test can think of.
import type { EvidenceKey } from '../src/store/evidence/key.ts';
import { type SceneThread, scene } from './scene.ts';

const SECOND = 1e9;

/** A recording of three seconds with a seal for each; `calls` of them all. Not closed yet. */
export const sealedScene = (key: EvidenceKey | undefined, calls = 900) => {
  const recording = scene({}, key);
  const { writer } = recording;
  const thread: SceneThread = { pid: 7, tid: 7, comm: 'python3' };
  const other: SceneThread = { pid: 8, tid: 9, comm: 'other' };
  for (const pid of [7, 8]) recording.process(pid, 'python3');
  writer.library({
    path: '/usr/lib/libcudart.so',
    kind: 'cudart',
    attached_ns: 1,
    probes: 60,
    missing: 2,
    single_step: 0,
  });
  recording.oneOfEach(thread);
  for (let i = 0; i < calls; i++) {
    const start = Math.round((i * 3 * SECOND) / calls);
    const op = i % 3 === 0 ? 'cudaMemcpy' : 'cudaMalloc';
    const ptr = 140_000_000_000_000 + i;
    recording.call(thread, op, start, 700 + i, {
      args: { bytes: i % 40 },
      ptr,
      ...(i % 50 ? {} : { stack: ['f', `g${i}`] }),
    });
    if (i % 4 === 0) recording.wait(thread, start + 5_000, 300 + i, { waker: other, arg0: i, syscall: 'futex' });
    if (i % 5 === 0) recording.slice(other, 0, start + 5_000, 90);
    if (i % 9 === 0) recording.sample(thread, start, { stack: ['f', 'main'] });
    if (i % 100 === 99) {
      writer.loss('history_overwritten', start - 10, start, 1, 'calls');
      recording.life(other, start - 10, start);
      writer.commit(start);
    }
  }
  return recording;
};
