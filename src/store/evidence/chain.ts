// What a hash of a row is: the row as bytes that no other row has, and the hash of the row before it.
// Knows values, not tables, files or keys.
import { hash } from 'node:crypto';

/** A value as SQLite keeps it. A whole number within 64 bits counts as an integer, however JavaScript holds it. */
export type CanonicalValue = string | number | bigint | Uint8Array | null;
/** A text by its bytes, where they may be no UTF-8. */
export type TextBytes = { readonly utf8: Uint8Array };

/** Bytes of a hash. */
export const HASH_BYTES = 32;
/** What the first row of a chain follows. */
export const GENESIS: Uint8Array = new Uint8Array(HASH_BYTES);

/**
 * The tags of values. An integer is a tag that says its sign and how many bytes follow, as few as can be, the lowest first;
 * a negative one is kept as its distance from -1. A real is the 8 bytes of its IEEE 754 double. A text (UTF-8) and a blob
 * have their length before them, 4 bytes, the lowest first; so has a row its number of values.
 */
export const TAG = { null: 0x00, integer: 0x10, negative: 0x20, real: 0x30, text: 0x40, blob: 0x50 } as const;

const lengthBytes = (length: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(length);
  return bytes;
};

const integerBytes = (value: bigint): Buffer => {
  const bytes: number[] = [value < 0n ? TAG.negative : TAG.integer];
  for (let left = value < 0n ? -1n - value : value; left > 0n; left >>= 8n) bytes.push(Number(left & 0xffn));
  bytes[0] = (bytes[0] ?? 0) + bytes.length - 1;
  return Buffer.from(bytes);
};

/** The same for 0 to 65,535, which most integers are, without big arithmetic. */
const smallBytes = (value: number): Buffer => {
  if (value === 0) return Buffer.of(TAG.integer);
  return value < 256 ? Buffer.of(TAG.integer + 1, value) : Buffer.of(TAG.integer + 2, value & 0xff, value >> 8);
};

const NULL_BYTES = Buffer.of(TAG.null);

const realBytes = (value: number): Buffer => {
  const bytes = Buffer.alloc(9);
  bytes[0] = TAG.real;
  bytes.writeDoubleLE(value, 1);
  return bytes;
};

const measured = (tag: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of(tag), lengthBytes(bytes.byteLength), bytes]);

const isInt64 = (value: number): boolean => Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63;

const valueBytes = (value: CanonicalValue | TextBytes): Buffer => {
  if (value === null) return NULL_BYTES;
  if (typeof value === 'bigint') return integerBytes(value);
  if (typeof value === 'number') {
    if (!isInt64(value)) return realBytes(value);
    return value >= 0 && value < 65_536 ? smallBytes(value) : integerBytes(BigInt(value));
  }
  if (value instanceof Uint8Array) return measured(TAG.blob, value);
  return measured(TAG.text, typeof value === 'string' ? Buffer.from(value, 'utf8') : value.utf8);
};

/** The one form of a row as bytes: two rows have the same bytes only when they have the same values of the same types. */
export const canonicalRow = (values: readonly (CanonicalValue | TextBytes)[]): Buffer =>
  Buffer.concat([lengthBytes(values.length), ...values.map(valueBytes)]);

/** SHA-256 of some bytes. */
export const sha256 = (bytes: Uint8Array): Buffer => hash('sha256', bytes, 'buffer');

/** The hash of a row that follows another: SHA-256 over the hash of the one before (`GENESIS` for the first) and the row. */
export const rowHash = (previous: Uint8Array, canonical: Uint8Array): Buffer =>
  sha256(Buffer.concat([previous, canonical]));
