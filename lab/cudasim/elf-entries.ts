// Reads the exported functions of a 64-bit little-endian ELF library and the first bytes of each. For the lab's own tests:
// no dependency on the program's symbol reader, so that the two can disagree.
import { readFileSync } from 'node:fs';

/** An exported function: its name without the symbol version, its address and its first eight bytes. */
export type Entry = { readonly name: string; readonly address: number; readonly bytes: Buffer };

// Elf64_Shdr types and Elf64_Sym layout: System V ABI, "Object Files". All functions of interest lie in PT_LOAD segments.
const SHT_DYNSYM = 11;
const STT_FUNC = 2;
const PT_LOAD = 1;

function fileOffset(elf: Buffer, address: number): number {
  const table = Number(elf.readBigUInt64LE(32));
  for (let i = 0; i < elf.readUInt16LE(56); i++) {
    const at = table + i * elf.readUInt16LE(54);
    const [offset, start, size] = [8, 16, 32].map((field) => Number(elf.readBigUInt64LE(at + field)));
    if (elf.readUInt32LE(at) !== PT_LOAD || offset === undefined || start === undefined || size === undefined) continue;
    if (address >= start && address < start + size) return address - start + offset;
  }
  throw new Error(`address ${address} lies in no segment`);
}

/** Every defined function of the dynamic symbol table of the library at `path`. */
export function exportedFunctions(path: string): Entry[] {
  const elf = readFileSync(path);
  const sections = Number(elf.readBigUInt64LE(40));
  const sectionSize = elf.readUInt16LE(58);
  const field = (section: number, offset: number) =>
    Number(elf.readBigUInt64LE(sections + section * sectionSize + offset));
  const entries: Entry[] = [];
  for (let section = 0; section < elf.readUInt16LE(60); section++) {
    if (elf.readUInt32LE(sections + section * sectionSize + 4) !== SHT_DYNSYM) continue;
    const names = field(elf.readUInt32LE(sections + section * sectionSize + 40), 24);
    for (let at = field(section, 24); at < field(section, 24) + field(section, 32); at += 24) {
      if ((elf.readUInt8(at + 4) & 15) !== STT_FUNC || elf.readUInt16LE(at + 6) === 0) continue;
      const start = names + elf.readUInt32LE(at);
      const address = Number(elf.readBigUInt64LE(at + 8));
      const offset = fileOffset(elf, address);
      entries.push({
        name: elf.toString('latin1', start, elf.indexOf(0, start)),
        address,
        bytes: elf.subarray(offset, offset + 8),
      });
    }
  }
  return entries;
}
