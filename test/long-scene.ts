// A recording of many seconds that may keep only so much: each second has a process, a thread and stacks of its own. For tests only.
import type { EvidenceKey } from '../src/store/evidence/key.ts';
import type { Keep } from '../src/store/retention/keep.ts';
import { type SceneThread, scene } from './scene.ts';

const SECOND = 1e9;
/** Calls that it makes in each second. */
export const CALLS_A_SECOND = 400;

/** A recording of so many seconds, which holds what it may; each second has threads and stacks of its own. */
export const longScene = (
  key: EvidenceKey | 'sealed' | undefined,
  keep: Keep,
  seconds: number,
  onSecond?: (path: string, recording: ReturnType<typeof scene>) => void,
) => {
  const recording = scene({}, key, keep);
  const { writer } = recording;
  const main: SceneThread = { pid: 7, tid: 7, comm: 'python3' };
  recording.process(7, 'python3');
  const life = writer.waits.taskBorn(writer.threadId(7, 7, 'python3'), 0);
  writer.onForget(() => writer.waits.taskNamed(life, writer.threadId(7, 7, 'python3')));
  for (let second = 0; second < seconds; second++) {
    const other: SceneThread = { pid: 1000 + second, tid: 1000 + second, comm: `w${second}` };
    recording.process(other.pid, other.comm);
    for (let i = 0; i < CALLS_A_SECOND; i++) {
      const start = second * SECOND + i * 2_000_000;
      const stack = i % 20 === 0 ? { stack: ['f', `g${second}`] } : {};
      recording.call(main, 'cudaMemcpy', start, 700_000, { args: { bytes: second }, ...stack });
      if (i % 4 === 0) recording.wait(main, start + 800_000, 300, { waker: other, syscall: 'futex' });
      if (i % 10 === 0) recording.slice(other, 0, start + 800_000, 90);
    }
    recording.sample(main, second * SECOND + 5, { stack: ['f', 'main'] });
    recording.life(other, second * SECOND, second * SECOND + 1000);
    writer.updateProcess(other.pid, { end_ns: second * SECOND + 1000 });
    writer.waits.packetDrops(second * SECOND, second * SECOND + 1000, 'NO_SOCKET', 1);
    if (second === 2) writer.loss('history_overwritten', 5, 6, 3);
    if (second === 3) writer.loss('history_overwritten', 7, 8, 4);
    if (second === 1)
      writer.library({ path: '/l.so', kind: 'cudart', attached_ns: 1, probes: 1, missing: 0, single_step: 0 });
    writer.commit((second + 1) * SECOND);
    onSecond?.(recording.path, recording);
  }
  return recording;
};
