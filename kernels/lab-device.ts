// The simulated device and the workloads for a machine: built by a guest of that machine, once for each version of their
// sources, since a compiler takes its time in an emulator.
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeEmptyDisk, readArchive } from './disk.ts';
import { errors } from './errors.ts';
import { makeProjectDisk } from './guest-disks.ts';
import { keyOf } from './made-once.ts';
import type { Ready } from './prepare.ts';
import type { Tools } from './tools.ts';
import { runGuest } from './vm.ts';

const LIMIT_MS = 1_200_000;
const RESULT_BYTES = 64 << 20;
const root = new URL('..', import.meta.url).pathname;

const sources = (): readonly string[] =>
  ['lab/cudasim', 'lab/workloads', 'lab/actor'].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:[ch]|sh|map)$/.test(name) && !name.startsWith('build/'))
      .sort()
      .map((name) => join(root, folder, name)),
  );

/** The folder of what was built. Throws `lab_build_failed`. */
export const getDevice = async (
  cache: string,
  work: string,
  tools: Tools,
  { target, kernel, system }: Ready,
): Promise<string> => {
  const { machine } = target;
  const folder = join(cache, 'devices', `${machine}-${keyOf([], sources())}`);
  if (existsSync(folder)) return folder;
  const path = (name: string) => join(work, `device-${machine}.${name}`);
  const [project, result, log] = [path('project'), path('result'), path('log')] as const;
  makeProjectDisk(project, work, undefined);
  makeEmptyDisk(result, RESULT_BYTES);
  let isBuilt = false;
  const ending = await runGuest(
    tools,
    {
      machine,
      kernel,
      disks: { system: system.disk, project, result },
      settings: { job: 'lab' },
      log,
      limitMs: LIMIT_MS,
    },
    (line) => {
      isBuilt ||= line.startsWith('whytrace-guest: built');
    },
  );
  const unfinished = `${folder}.${process.pid}`;
  try {
    if (ending !== 'done' || !isBuilt || !readArchive(result, unfinished))
      throw errors.buildFailed({
        machine,
        why: isBuilt ? `its guest ${ending}` : `its guest did not say so: see ${log}`,
      });
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
};
