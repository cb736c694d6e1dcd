// Whether a call ends right before some bytes: what lies on a stack and points into code need not be a return address.
// Must not know where the bytes come from. Encodings: Intel SDM volume 2, CALL and 2.1.5 (ModR/M); Arm ARM DDI 0487,
// BL, BLR, BLRAA.

import type { Architecture } from './dwarf-registers.ts';

/** How many bytes before an address are enough to tell. */
export const CALL_BYTES = 8;

/** Length of an indirect call (FF /2) from its opcode on, 0 where it is none. */
const indirectCall = (bytes: Buffer, at: number): number => {
  const form = bytes[at + 1] ?? 0;
  if (bytes[at] !== 0xff || ((form >> 3) & 7) !== 2) return 0;
  const [mode, base] = [form >> 6, form & 7];
  if (mode === 3) return 2;
  const scaled = base === 4;
  const hasLongOffset =
    mode === 2 || (mode === 0 && base === 5) || (mode === 0 && scaled && (bytes[at + 2] ?? 0) % 8 === 5);
  return 2 + (scaled ? 1 : 0) + (hasLongOffset ? 4 : mode === 1 ? 1 : 0);
};

/** Whether a call ends where `bytes` end. */
export const endsWithCall = (architecture: Architecture, bytes: Buffer): boolean => {
  if (architecture === 'arm64') {
    if (bytes.length < 4) return false;
    const word = bytes.readUInt32LE(bytes.length - 4);
    return word >>> 26 === 0x25 || (word & 0xfffffc1f) >>> 0 === 0xd63f0000 || (word & 0xfefff800) >>> 0 === 0xd63f0800;
  }
  if (bytes.length >= 5 && bytes[bytes.length - 5] === 0xe8) return true;
  return [2, 3, 4, 6, 7].some((length) => indirectCall(bytes, bytes.length - length) === length);
};
