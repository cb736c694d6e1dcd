// Runs shell lines in a mount namespace of their own, where what is mounted is seen by nobody else.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Ended, start } from '../test/kernel/recorder.ts';
import type { Stage } from './stage.ts';

/** Why no file system can be mounted here, if none can. */
export const missingMounts = (): string | undefined =>
  spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0
    ? undefined
    : 'needs a mount namespace: unshare -m as root';

/**
 * Runs `script` in the stage's folder, where `disk` is a file system in memory with these options. Its lines `code N` and
 * what it says come back as if it were the recorder.
 */
export const onDisk = async (stage: Stage, options: string, script: string): Promise<Ended> => {
  mkdirSync(join(stage.folder, 'disk'));
  const lines = `mount -t tmpfs -o ${options} none disk && ${script}`;
  const ended = await start(stage, 'unshare', ['-m', 'sh', '-c', lines], { cwd: stage.folder }).ended;
  const code = /^code (\d+)$/m.exec(ended.stdout)?.[1];
  return { ...ended, code: code === undefined ? ended.code : Number(code) };
};
