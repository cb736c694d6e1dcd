// Finds the separate file with the symbols of a stripped program or library, by its build id.
// Must not know of processes: the caller says below which roots to look.
// Place: GDB manual, "Separate Debug Files".

import { attempt } from './attempt.ts';
import { readBuildId } from './build-id.ts';
import { type ElfFile, tryOpenElf } from './elf.ts';
import { symbolSections } from './elf-symbols.ts';

/** The debug file of a build, below the first root that has it; undefined where none is of this very build. */
export const openDebugFile = (buildId: string, machine: ElfFile['machine'], roots: readonly string[]) => {
  if (!/^[0-9a-f]{6,}$/.test(buildId)) return undefined;
  for (const root of roots) {
    const elf = tryOpenElf(`${root}/usr/lib/debug/.build-id/${buildId.slice(0, 2)}/${buildId.slice(2)}.debug`);
    if (!elf) continue;
    const isOfBuild = elf.machine === machine && attempt(() => readBuildId(elf)) === buildId;
    if (isOfBuild && symbolSections(elf).full) return elf;
    elf.close();
  }
  return undefined;
};
