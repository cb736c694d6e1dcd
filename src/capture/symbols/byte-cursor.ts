// Walks over bytes of a file that may be damaged: little-endian numbers, LEB128 and encoded pointers.
// Must not know what the bytes mean. Past the end it calls `fail`, which throws; so no reader can run away.
// LEB128: DWARF 5, 7.6. Encoded pointers: LSB Core 5.0, 10.5.1 "DWARF Exception Header Encoding".

/** What an encoded pointer may be relative to, in virtual addresses of the file. */
export type PointerBases = { data?: number; text?: number; function?: number };

/** A place in some bytes. All numbers are plain; one beyond 2^53 is NaN. */
export type ByteCursor = {
  at: number;
  end: number;
  /** Virtual address of the byte at `at`. */
  address: () => number;
  u8: () => number;
  u16: () => number;
  u32: () => number;
  u64: () => number;
  i8: () => number;
  i16: () => number;
  i32: () => number;
  i64: () => number;
  unsigned: () => number;
  signed: () => number;
  /** The text up to the next zero byte. */
  text: () => string;
  /** The next bytes, copied, so that they do not keep the whole file's piece in memory. */
  take: (length: number) => Buffer;
  /** A pointer in this encoding; NaN where it is left out or indirect (the value is in the process's memory). */
  pointer: (encoding: number, bases: PointerBases) => number;
};

const OMITTED = 0xff;
const INDIRECT = 0x80;
const ALIGNED = 0x50;
const SIGN = 2 ** 63;

/** Walks over `bytes[at..end)`, of which byte 0 has virtual address `base`. */
export const createCursor = (
  bytes: Buffer,
  base: number,
  fail: (why: string) => Error,
  at = 0,
  end = bytes.length,
): ByteCursor => {
  const step = (length: number): number => {
    const from = cursor.at;
    if (!(length >= 0 && from + length <= cursor.end)) throw fail('its unwind tables end too early');
    cursor.at = from + length;
    return from;
  };

  const wide = (signed: boolean): number => {
    const from = step(8);
    const high = signed ? bytes.readInt32LE(from + 4) : bytes.readUInt32LE(from + 4);
    const value = high * 2 ** 32 + bytes.readUInt32LE(from);
    return Number.isSafeInteger(value) ? value : Number.NaN;
  };

  const leb = (signed: boolean): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = cursor.u8();
      const low = (byte & 0x7f) * 2 ** shift;
      // An unsigned reader may meet a small negative number in 10 bytes: it is no size that we would follow.
      value += low;
      if ((byte & 0x80) !== 0 && shift < 63) continue;
      if (signed && (byte & 0x40) !== 0) value -= 2 ** (shift + 7);
      return Number.isSafeInteger(value) ? value : Number.NaN;
    }
  };

  const raw = (format: number): number => {
    switch (format) {
      case 0x00:
      case 0x04:
        return cursor.u64();
      case 0x01:
        return cursor.unsigned();
      case 0x02:
        return cursor.u16();
      case 0x03:
        return cursor.u32();
      case 0x08:
      case 0x0c:
        return cursor.i64();
      case 0x09:
        return cursor.signed();
      case 0x0a:
        return cursor.i16();
      case 0x0b:
        return cursor.i32();
      default:
        throw fail(`its unwind tables use pointer format ${format}`);
    }
  };

  const baseOf = (application: number, here: number, bases: PointerBases): number => {
    const known = { 0: 0, 16: here, 32: bases.text, 48: bases.data, 64: bases.function }[application];
    if (known === undefined) throw fail(`its unwind tables use pointer base ${application}`);
    return known;
  };

  const pointer = (encoding: number, bases: PointerBases): number => {
    if (encoding === OMITTED) return Number.NaN;
    if (encoding === ALIGNED) {
      step((8 - (cursor.address() % 8)) % 8);
      return cursor.u64();
    }
    const here = cursor.address();
    const value = raw(encoding & 0x0f);
    if ((encoding & INDIRECT) !== 0) return Number.NaN;
    const sum = value + baseOf(encoding & 0x70, here, bases);
    return sum >= 0 && sum < SIGN ? sum : Number.NaN;
  };

  const cursor: ByteCursor = {
    at,
    end: Math.min(end, bytes.length),
    address: () => base + cursor.at,
    u8: () => bytes[step(1)] ?? 0,
    u16: () => bytes.readUInt16LE(step(2)),
    u32: () => bytes.readUInt32LE(step(4)),
    u64: () => wide(false),
    i8: () => bytes.readInt8(step(1)),
    i16: () => bytes.readInt16LE(step(2)),
    i32: () => bytes.readInt32LE(step(4)),
    i64: () => wide(true),
    unsigned: () => leb(false),
    signed: () => leb(true),
    text: () => {
      const end = bytes.indexOf(0, cursor.at);
      if (end < 0 || end >= cursor.end) throw fail('its unwind tables end too early');
      const text = bytes.toString('latin1', cursor.at, end);
      cursor.at = end + 1;
      return text;
    },
    take: (length) => {
      const from = step(length);
      return Buffer.from(bytes.subarray(from, from + length));
    },
    pointer,
  };
  return cursor;
};
