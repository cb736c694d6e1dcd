// The disks of a guest besides its kernel's modules: a small Debian with what the tests use, and the project as it is now.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Apt } from './apt.ts';
import { run } from './command.ts';
import { makeDisk } from './disk.ts';
import { errors } from './errors.ts';
import { keyOf, madeOnce, unpack } from './made-once.ts';
import { guestPackages, type Machine } from './targets.ts';

const root = new URL('..', import.meta.url).pathname;
const MIB = 1 << 20;
/** Where the guest has the packages of npm: the project's disk links to them. */
const MODULES = 'opt/modules';
const LEFT_OUT = ['node_modules', '.git', '.ci', 'tmp', 'lab/kept', 'lab/cudasim/build'];

/** What the scripts of Debian's packages would have made. */
const SETTINGS: Readonly<Record<string, string>> = {
  'etc/passwd':
    'root:x:0:0:root:/root:/bin/bash\nguest:x:1000:1000:guest:/tmp:/bin/bash\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  'etc/group': 'root:x:0:\nguest:x:1000:\nnogroup:x:65534:\n',
  'etc/hosts': '127.0.0.1 localhost\n',
  'etc/hostname': 'whytrace-guest\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
};

export type System = { readonly disk: string; readonly busybox: string };

/** The guest's Debian, with Node and the packages of npm for its machine. Throws `packages_failed` or `no_program`. */
export const getSystem = (cache: string, machine: Machine, apt: Apt): System => {
  const packages = apt.withNeeds(guestPackages);
  const locks = [`${root}package.json`, `${root}package-lock.json`];
  const made = madeOnce(
    join(cache, 'roots'),
    `guest-${machine}`,
    keyOf([...packages, JSON.stringify(SETTINGS)], locks),
    (folder) => {
      const system = join(folder, 'system');
      mkdirSync(system);
      unpack(packages, system);
      for (const name of ['dev', 'proc', 'sys', 'run', 'root', 'tmp', 'etc'])
        mkdirSync(join(system, name), { recursive: true });
      for (const [path, text] of Object.entries(SETTINGS)) writeFileSync(join(system, path), text);
      if (!existsSync(join(system, 'usr/bin/sh'))) symlinkSync('dash', join(system, 'usr/bin/sh'));
      cpSync(join(system, 'usr/bin/busybox'), join(folder, 'busybox'));
      const modules = join(system, MODULES);
      mkdirSync(modules, { recursive: true });
      for (const path of locks) cpSync(path, join(modules, relative(root, path)));
      const args = ['ci', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'];
      const npm = run('npm', [...args, '--os=linux', `--cpu=${machine}`, '--libc=glibc'], { cwd: modules });
      if (npm.code !== 0)
        throw errors.packagesFailed({
          doing: `fetch the packages of npm for ${machine}`,
          why: npm.stderr.trim().split('\n').slice(0, 3).join('; ') || `npm ended with code ${npm.code}`,
        });
      makeDisk(join(folder, 'system.ext4'), system, 1024 * MIB);
      rmSync(system, { recursive: true, force: true });
    },
  );
  return { disk: join(made, 'system.ext4'), busybox: join(made, 'busybox') };
};

/** Makes a disk of the project as it is now; `device` holds the simulated device, built, where it is there. */
export const makeProjectDisk = (path: string, parent: string, device: string | undefined): void => {
  const folder = mkdtempSync(join(parent, 'project-'));
  try {
    cpSync(root, folder, {
      recursive: true,
      filter: (source) => !LEFT_OUT.includes(relative(root, source)) && !/\.db(?:-wal|-shm)?$/.test(source),
      verbatimSymlinks: true,
    });
    symlinkSync(`/${MODULES}/node_modules`, join(folder, 'node_modules'));
    if (device !== undefined)
      cpSync(device, join(folder, 'lab/cudasim/build'), {
        recursive: true,
        verbatimSymlinks: true,
        preserveTimestamps: true,
      });
    // Last, and so newer than the sources: it says that nothing needs building.
    if (device !== undefined) writeFileSync(join(folder, 'lab/cudasim/build/done'), '');
    makeDisk(path, folder, 64 * MIB);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
