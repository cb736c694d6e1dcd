// Programs that are run from a folder into which their packages were unpacked: with their own loader and libraries, so that
// they fit no worse on a system of another age.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Apt } from './apt.ts';
import { errors } from './errors.ts';
import { keyOf, madeOnce, unpack } from './made-once.ts';
import { toolPackages, toolRelease } from './targets.ts';

export type Tools = {
  /** A command that runs one of them: the program, and the arguments that come first. `as`: the name that it sees itself called by. */
  readonly command: (name: string, as?: string) => readonly [program: string, args: readonly string[]];
  /** Where QEMU finds its firmware. */
  readonly firmware: readonly string[];
};

const LOADER = /^ld-linux-[\w-]+\.so\.\d$/;

/** Gets them. Throws `packages_failed`. */
export const getTools = (cache: string, apt: Apt): Tools => {
  const packages = apt.withNeeds(toolPackages);
  const folder = madeOnce(join(cache, 'roots'), 'tools', keyOf(packages), (root) => unpack(packages, root));
  const libraries = ['usr/lib', 'usr/lib64'].flatMap((path) => {
    const full = join(folder, path);
    if (!existsSync(full)) return [];
    return [
      full,
      ...readdirSync(full)
        .filter((name) => /^\w+-linux-gnu$/.test(name))
        .map((name) => join(full, name)),
    ];
  });
  const loader = libraries.flatMap((path) =>
    readdirSync(path)
      .filter((name) => LOADER.test(name))
      .map((name) => join(path, name)),
  )[0];
  if (loader === undefined) throw errors.incompletePackage({ name: toolRelease.name, lacks: 'program loader' });
  return {
    command: (name, as = name) => {
      const program = ['usr/bin', 'usr/sbin'].map((path) => join(folder, path, name)).find(existsSync);
      if (program === undefined) throw errors.incompletePackage({ name: toolRelease.name, lacks: name });
      return [loader, ['--library-path', libraries.join(':'), '--argv0', as, program]];
    },
    firmware: ['usr/share/qemu', 'usr/share/seabios'].map((path) => join(folder, path)).filter(existsSync),
  };
};
