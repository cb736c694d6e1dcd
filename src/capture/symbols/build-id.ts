// The build id of an ELF file: the fingerprint that the linker wrote, the same for every copy of one build.
// Must not know what it is used for.
// Layout: a note is (name size, type, value size as u32, name, value), each part padded to 4 bytes; type 3 of "GNU".

import type { ElfFile, ElfRange } from './elf.ts';

const MAX_NOTES = 64 * 1024;
const NT_GNU_BUILD_ID = 3;
const SHT_NOTE = 7;

const padded = (size: number): number => (size + 3) & ~3;

const buildIdIn = (notes: Buffer): string | undefined => {
  for (let at = 0; at + 12 <= notes.length; ) {
    const nameSize = notes.readUInt32LE(at);
    const valueSize = notes.readUInt32LE(at + 4);
    if (nameSize > notes.length || valueSize > notes.length) return undefined;
    const name = at + 12;
    const value = name + padded(nameSize);
    if (notes.readUInt32LE(at + 8) === NT_GNU_BUILD_ID && notes.toString('latin1', name, name + nameSize) === 'GNU\0')
      return valueSize > 0 && value + valueSize <= notes.length
        ? notes.toString('hex', value, value + valueSize)
        : undefined;
    at = value + padded(valueSize);
  }
  return undefined;
};

/** The build id in hexadecimal, or undefined where the file has none. Throws `elf_unreadable` on a damaged file. */
export const readBuildId = (elf: ElfFile): string | undefined => {
  const sections: ElfRange[] = elf.sections.filter((section) => section.type === SHT_NOTE);
  for (const { offset, size } of [...elf.notes, ...sections]) {
    const found = size > 0 ? buildIdIn(elf.read(offset, Math.min(size, MAX_NOTES))) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
};
