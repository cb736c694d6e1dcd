// For tests only: where binutils says that the instructions of pieces of x86-64 code begin. Must not be imported by anything but
// tests.
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Why a test that needs objdump cannot run here, or false. */
export const lacksObjdump: string | false =
  spawnSync('objdump', ['--version']).status === 0 ? false : 'needs objdump: install binutils to run this test';

/** Bytes of a piece; after each come nops, so that an instruction that is cut off ends in them and the next piece begins anew. */
export const PIECE = 48;
const SLOT = 64;
const NOP = 0x90;

/** By where it begins in its piece, the length of each instruction; NaN for what is none. */
export type Boundaries = ReadonlyMap<number, number>;

/** Takes each piece of at most `PIECE` bytes apart. */
export const takeApart = (folder: string, pieces: readonly Uint8Array[]): readonly Boundaries[] => {
  const bytes = Buffer.alloc(pieces.length * SLOT, NOP);
  for (const [i, piece] of pieces.entries()) bytes.set(piece.subarray(0, PIECE), i * SLOT);
  const path = join(folder, 'pieces.bin');
  writeFileSync(path, bytes);
  const args = ['-D', '-z', '-w', '-b', 'binary', '-m', 'i386:x86-64', path];
  const text = execFileSync('objdump', args, { encoding: 'latin1', maxBuffer: 1 << 30 });
  const found = pieces.map(() => new Map<number, number>());
  for (const [, address, code = '', words = ''] of text.matchAll(/^ *([0-9a-f]+):\t([0-9a-f ]+?) *\t(.*)$/gm)) {
    const at = Number.parseInt(address ?? '', 16);
    const isBad = words.includes('(bad)');
    found[Math.floor(at / SLOT)]?.set(at % SLOT, isBad ? Number.NaN : code.split(' ').length);
  }
  return found;
};
