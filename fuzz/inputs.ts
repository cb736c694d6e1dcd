// Inputs for a target: sound ones with a few things changed in them, noise, and those that it makes by rules. All come from
// fast-check, which makes a smaller one of whatever fails.
import fc from 'fast-check';
import type { Opened } from './target.ts';

/** Numbers at which readers go wrong. */
const EDGES = [0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
const MOST_NOISE = 4096;
const MOST_EDITS = 8;

type Edit = {
  readonly kind: 'bit' | 'byte' | 'word' | 'wide' | 'digits' | 'cut' | 'drop' | 'repeat' | 'noise' | 'join';
  readonly at: number;
  readonly size: number;
  readonly value: number;
};

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom('bit', 'byte', 'word', 'wide', 'digits', 'cut', 'drop', 'repeat', 'noise', 'join'),
  // The beginning of a file says what the rest is.
  at: fc.oneof(fc.nat(128), fc.nat(4096), fc.nat(0x7fff_ffff)),
  size: fc.oneof(fc.nat(8), fc.nat(1024)),
  value: fc.oneof(fc.constantFrom(...EDGES), fc.nat(0xffff_ffff)),
});

/** `value` as `size` bytes, the lowest first. */
const number = (value: number, size: 1 | 4 | 8): Buffer => {
  const bytes = Buffer.alloc(8, value === 0xffff_ffff ? 0xff : 0);
  bytes.writeUInt32LE(value >>> 0);
  return bytes.subarray(0, size);
};

const put = (bytes: Buffer, at: number, what: Uint8Array): Buffer => {
  const changed = Buffer.from(bytes);
  changed.set(what.subarray(0, Math.max(0, changed.length - at)), at);
  return changed;
};

const insert = (bytes: Buffer, at: number, what: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)]);

const apply = (bytes: Buffer, { kind, at: place, size, value }: Edit, seeds: readonly Uint8Array[]): Buffer => {
  if (bytes.length === 0) return Buffer.from([value & 0xff]);
  const at = place % bytes.length;
  const end = Math.min(bytes.length, at + size);
  switch (kind) {
    case 'bit':
      return put(bytes, at, Buffer.from([(bytes[at] ?? 0) ^ (1 << (value & 7))]));
    case 'byte':
      return put(bytes, at, number(value, 1));
    case 'word':
      return put(bytes, at & ~3, number(value, 4));
    case 'wide':
      return put(bytes, at & ~7, number(value, 8));
    case 'digits':
      return insert(bytes, at, Buffer.from(String(value)));
    case 'cut':
      return bytes.subarray(0, at);
    case 'drop':
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    case 'repeat':
      return insert(bytes, at, bytes.subarray(at, end));
    case 'noise':
      return put(bytes, at, Buffer.alloc(size, Buffer.from([value & 0xff, (value >>> 8) & 0xff, value >>> 24])));
    case 'join': {
      const other = seeds[value % seeds.length] ?? bytes;
      return Buffer.concat([bytes.subarray(0, at), other.subarray(other.length === 0 ? 0 : place % other.length)]);
    }
  }
};

const changed = (seeds: readonly Uint8Array[]): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.nat(seeds.length - 1), fc.array(edit, { maxLength: MOST_EDITS }))
    .map(([seed, edits]) =>
      edits.reduce<Buffer>((bytes, one) => apply(bytes, one, seeds), Buffer.from(seeds[seed] ?? [])),
    );

/** Inputs for a target. */
export const inputsOf = ({ seeds, made }: Opened): fc.Arbitrary<Buffer> =>
  fc.oneof(
    ...(seeds.length === 0 ? [] : [{ weight: 8, arbitrary: changed(seeds) }]),
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: MOST_NOISE }).map((bytes) => Buffer.from(bytes)) },
    ...(made === undefined ? [] : [{ weight: 8, arbitrary: made.map((text) => Buffer.from(text)) }]),
  );
