// What can go wrong before a kernel has booted, in the words the user sees.
import { defineError } from '../src/base/errors.ts';

export const errors = {
  unknownTarget: defineError(
    'unknown_kernel',
    ({ name, known }: { name: string; known: readonly string[] }) => ({
      what: `no kernel is named ${name}`,
      why: `there are: ${known.join(', ')}`,
      todo: 'name one of them after --only',
    }),
    2,
  ),
  noProgram: defineError('no_program', ({ program, why }: { program: string; why: string }) => ({
    what: `cannot run ${program}`,
    why,
    todo: `install the package that brings it: ${program === 'npm' ? 'npm' : 'apt, dpkg, e2fsprogs, tar and xz-utils are needed'}`,
  })),
  noArchive: defineError('no_package_archive', ({ looked }: { looked: string }) => ({
    what: "cannot tell where this system gets Debian's packages from",
    why: `no source of a Debian release is in ${looked}`,
    todo: 'run it on a Debian system, or with such a source: the kernels and the emulator are packages of Debian',
  })),
  packagesFailed: defineError('packages_failed', ({ doing, why }: { doing: string; why: string }) => ({
    what: `cannot ${doing}`,
    why,
    todo: "check that 'apt-get update' works on this system: its archives are asked, with lists and files of our own",
  })),
  noPackage: defineError('no_such_package', ({ name, release }: { name: string; release: string }) => ({
    what: `${release} has no package ${name}`,
    why: 'the release may have moved, or its archive lacks that part',
    todo: 'run it with --refresh; else the release in kernels/targets.ts must become another',
  })),
  incompletePackage: defineError('incomplete_package', ({ name, lacks }: { name: string; lacks: string }) => ({
    what: `cannot boot the kernel of ${name}`,
    why: `its packages have no ${lacks}`,
    todo: 'look for where they have it now, and change kernels/kernel-files.ts',
  })),
  buildFailed: defineError('lab_build_failed', ({ machine, why }: { machine: string; why: string }) => ({
    what: `cannot build the simulated device for ${machine}`,
    why,
    todo: 'look into the log of its console, which is named above',
  })),
} as const;
