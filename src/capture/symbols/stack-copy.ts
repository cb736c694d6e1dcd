// A copy of a piece of a thread's stack, and numbers in it. Must not know what they mean.

/** `bytes` lay at user address `at`. */
export type StackCopy = { readonly at: number; readonly bytes: Buffer };

/** Where in `bytes` 8 bytes at an address lie, or -1. */
const offsetOf = ({ at, bytes }: StackCopy, address: number): number => {
  const offset = address - at;
  return offset >= 0 && offset + 8 <= bytes.length ? offset : -1;
};

/** Whether 8 bytes at the address are in the copy. */
export const holds = (copy: StackCopy, address: number): boolean => offsetOf(copy, address) >= 0;

/** The two halves of the number at an address, the low one first; undefined outside of the copy. */
export const pairAt = (copy: StackCopy, address: number): readonly [number, number] | undefined => {
  const offset = offsetOf(copy, address);
  return offset < 0 ? undefined : [copy.bytes.readUInt32LE(offset), copy.bytes.readUInt32LE(offset + 4)];
};

/** The number at an address; NaN outside of the copy and beyond 2^53, where no user address is. */
export const numberAt = (copy: StackCopy, address: number): number => {
  const offset = offsetOf(copy, address);
  if (offset < 0) return Number.NaN;
  const value = copy.bytes.readUInt32LE(offset) + copy.bytes.readUInt32LE(offset + 4) * 2 ** 32;
  return Number.isSafeInteger(value) ? value : Number.NaN;
};

/** All 64 bits at an address; undefined outside of the copy. */
export const wordAt = (copy: StackCopy, address: bigint): bigint | undefined => {
  const offset = offsetOf(copy, Number(address));
  return offset < 0 ? undefined : copy.bytes.readBigUInt64LE(offset);
};
