// Does any relative jump or call in a piece of x86-64 code lead to one of some addresses? Answers "yes" also for bytes that only
// look like a jump, never "no" for a jump. Must not know whose addresses they are.

import { decodeX64 } from './x64-instruction.ts';

const LONGEST = 15;
/** A jump of one byte reaches this far behind its end. */
const SHORT_REACH = 128 + 2;

/**
 * Calls `found` with each address that a jump or call of four bytes in `code` could lead to: at every byte, whether an
 * instruction begins there or not. `address` is where the first byte lies.
 */
export const visitLongJumps = (code: Buffer, address: number, found: (target: number) => void): void => {
  for (let at = 0; at + 5 <= code.length; at++) {
    const byte = code[at];
    if (byte === 0xe8 || byte === 0xe9) found(address + at + 5 + code.readInt32LE(at + 1));
    else if (byte === 0x0f && ((code[at + 1] ?? 0) & 0xf0) === 0x80 && at + 6 <= code.length)
      found(address + at + 6 + code.readInt32LE(at + 2));
  }
};

/** How many bytes beside a function its neighbours' short jumps can come from, with room to find where instructions begin. */
export const BESIDE = SHORT_REACH + 2 * LONGEST;

/**
 * Calls `found` with each offset that a short jump in `code` could lead to. Which of the bytes begin an instruction is not known:
 * one of any 15 bytes in a row does, so all are tried, and each is followed.
 */
export const visitShortJumps = (code: Buffer, found: (target: number) => void): void => {
  const waiting = Array.from({ length: Math.min(LONGEST, code.length) }, (_, i) => i);
  const seen = new Set(waiting);
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const one = decodeX64(code, at);
    if (one?.jump !== undefined) found(at + one.length + one.jump);
    const next = one === undefined ? Array.from({ length: LONGEST }, (_, i) => (at ?? 0) + 1 + i) : [at + one.length];
    for (const place of next) {
      if (place >= code.length || seen.has(place)) continue;
      seen.add(place);
      waiting.push(place);
    }
  }
};
