// The library that loads the kernel side is missing or broken. An older recording must be where it was.
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRecorder } from '../../test/kernel/recorder.ts';
import type { Scenario } from '../scenario.ts';
import { judge, judgeRefusal } from '../verdict.ts';

export const noLibbpf: Scenario = {
  name: 'no-libbpf',
  doc: 'libbpf.so.1 is no library, without and with an older recording in the way',
  runs: 4,
  short: 1,
  run: async (stage) => {
    const folder = join(stage.folder, 'broken');
    mkdirSync(folder);
    writeFileSync(join(folder, 'libbpf.so.1'), 'not a library\n');
    const env = { LD_LIBRARY_PATH: folder };
    const record = (options: { readonly env?: Record<string, string> }) =>
      startRecorder(stage, stage.path, ['--', 'true'], options).ended;
    const first = judgeRefusal(stage.path, await record({ env }), /cannot load libbpf\.so\.1/);
    if (!first.ok) return first;
    const older = judge(stage.path, await record({}));
    if (!older.ok) return older;
    const inode = statSync(stage.path).ino;
    const again = await record({ env });
    const left = judge(stage.path, again);
    return left.ok && again.code === 1 && statSync(stage.path).ino === inode
      ? first
      : { ...left, ok: false, why: left.why ?? 'the older recording is not where it was' };
  },
};
