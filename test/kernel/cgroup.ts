// Control groups of version 1 for tests: made for one test, removed with it. Knows nothing of recordings.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Owner, until } from './recorder.ts';

/** The folder of a controller of version 1, where there is one. */
const controllerFolder = (name: string): string | undefined =>
  new RegExp(`^\\S+ (\\S+) cgroup \\S*\\b${name}\\b`, 'm').exec(readFileSync('/proc/mounts', 'utf8'))?.[1];

/** Why a group of this controller cannot be made here, or false. */
export const noGroup = (controller: string): string | false =>
  controllerFolder(controller) === undefined ? `needs the cgroup v1 controller ${controller}` : false;

export type Group = {
  /** The file that a process writes itself into. */
  readonly procs: string;
  readonly read: (file: string) => string;
  readonly write: (file: string, value: string) => void;
};

let made = 0;

/** Makes a group below the root of a controller. Its processes must have ended when the test does. */
export const makeGroup = (owner: Owner, controller: string): Group => {
  const folder = join(controllerFolder(controller) ?? '', `whytrace-test-${process.pid}-${made++}`);
  mkdirSync(folder);
  owner.after(() =>
    until('the cgroup can be removed', () => {
      try {
        rmdirSync(folder);
      } catch {
        // A process of it has not quite ended.
      }
      return !existsSync(folder);
    }),
  );
  return {
    procs: join(folder, 'cgroup.procs'),
    read: (file) => readFileSync(join(folder, file), 'utf8'),
    write: (file, value) => writeFileSync(join(folder, file), value),
  };
};
