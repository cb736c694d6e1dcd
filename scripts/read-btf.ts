// Reads types out of the BTF of a compiled BPF object: its structs, and the maps that it declares. For tests and documents only.
// Formats: the kernel's Documentation/bpf/btf.rst, and the ELF-64 object file format of the System V ABI.
import { readFileSync } from 'node:fs';

export type BtfMember = { readonly offset: number; readonly size: number };
/** A struct: size in bytes, and where its members lie, by name. */
export type BtfStruct = { readonly size: number; readonly members: ReadonlyMap<string, BtfMember> };

const INT = 1;
const POINTER = 2;
const ARRAY = 3;
const STRUCT = 4;
const UNION = 5;
const ENUM = 6;
const FUNC_PROTO = 13;
const VAR = 14;
const DATASEC = 15;
const FLOAT = 16;
const DECL_TAG = 17;
const ENUM64 = 19;
/** Typedef, volatile, const, restrict, type tag: a type by another name. */
const ALIASES = [8, 9, 10, 11, 18];

/** The bytes of a section of an ELF-64 little-endian file. Throws when it has none of that name. */
export const elfSection = (file: Buffer, name: string): Buffer => {
  const headers = Number(file.readBigUInt64LE(0x28));
  const entrySize = file.readUInt16LE(0x3a);
  const count = file.readUInt16LE(0x3c);
  const header = (index: number) => {
    const at = headers + index * entrySize;
    const offset = Number(file.readBigUInt64LE(at + 24));
    return {
      name: file.readUInt32LE(at),
      bytes: file.subarray(offset, offset + Number(file.readBigUInt64LE(at + 32))),
    };
  };
  const names = header(file.readUInt16LE(0x3e)).bytes;
  for (let index = 0; index < count; index++) {
    const section = header(index);
    if (textAt(names, section.name) === name) return section.bytes;
  }
  throw new Error(`no section ${name}`);
};

const textAt = (strings: Buffer, at: number): string => strings.toString('utf8', at, strings.indexOf(0, at));

/** Bytes that follow the 12 bytes of a type. */
const extraBytes = (kind: number, members: number): number => {
  if (kind === INT || kind === VAR || kind === DECL_TAG) return 4;
  if (kind === ARRAY) return 12;
  if (kind === STRUCT || kind === UNION || kind === DATASEC || kind === ENUM64) return members * 12;
  if (kind === ENUM || kind === FUNC_PROTO) return members * 8;
  return 0;
};

/** The types of an object file, by their numbers. */
const openBtf = (path: string) => {
  const btf = elfSection(readFileSync(path), '.BTF');
  if (btf.readUInt16LE(0) !== 0xeb9f) throw new Error(`${path}: no BTF`);
  const headerBytes = btf.readUInt32LE(4);
  const types = btf.subarray(headerBytes + btf.readUInt32LE(8)).subarray(0, btf.readUInt32LE(12));
  const strings = btf.subarray(headerBytes + btf.readUInt32LE(16)).subarray(0, btf.readUInt32LE(20));
  // Type 0 is void.
  const places: number[] = [-1];
  const infoAt = (at: number) => {
    const word = types.readUInt32LE(at + 4);
    return { kind: (word >>> 24) & 31, members: word & 0xffff, hasBitfields: word >>> 31 === 1 };
  };
  for (let at = 0; at < types.length; at += 12 + extraBytes(infoAt(at).kind, infoAt(at).members)) places.push(at);
  const placeOf = (type: number): number => {
    const at = places[type];
    if (at === undefined || at < 0) throw new Error(`${path}: there is no type ${type}`);
    return at;
  };
  const nameAt = (at: number) => textAt(strings, types.readUInt32LE(at));
  /** The number that stands behind a type's name: its size, or the type that it leads to. */
  const sizeOrType = (at: number) => types.readUInt32LE(at + 8);

  const sizeOf = (type: number): number => {
    const at = placeOf(type);
    const { kind } = infoAt(at);
    if ([INT, STRUCT, UNION, ENUM, ENUM64, FLOAT].includes(kind)) return sizeOrType(at);
    if (kind === POINTER) return 8;
    if (kind === ARRAY) return sizeOf(types.readUInt32LE(at + 12)) * types.readUInt32LE(at + 20);
    if (ALIASES.includes(kind)) return sizeOf(sizeOrType(at));
    throw new Error(`${path}: type ${type} of kind ${kind} has no size`);
  };
  const members = (at: number) => {
    const { members: count, hasBitfields } = infoAt(at);
    return Array.from({ length: count }, (_, i) => {
      const member = at + 12 + i * 12;
      const bits = types.readUInt32LE(member + 8) & (hasBitfields ? 0xffffff : 0xffffffff);
      return {
        name: nameAt(member),
        type: types.readUInt32LE(member + 4),
        offset: (bits >>> 0) / 8,
      };
    });
  };
  /** The type behind other names for it. */
  const behind = (type: number): number => {
    const at = placeOf(type);
    return ALIASES.includes(infoAt(at).kind) ? behind(sizeOrType(at)) : at;
  };
  return { all: places.filter((at) => at >= 0), types, infoAt, nameAt, sizeOrType, sizeOf, members, behind };
};

/** The structs of an object file whose names begin with `prefix`. */
export const readBtf = (path: string, prefix: string): ReadonlyMap<string, BtfStruct> => {
  const { all, infoAt, nameAt, sizeOrType, sizeOf, members } = openBtf(path);
  return new Map(
    all
      .filter((at) => infoAt(at).kind === STRUCT && nameAt(at).startsWith(prefix))
      .map((at) => [
        nameAt(at),
        {
          size: sizeOrType(at),
          members: new Map(members(at).map(({ name, type, offset }) => [name, { offset, size: sizeOf(type) }])),
        },
      ]),
  );
};

/** A map as an object declares it: its type as linux/bpf.h numbers them, bytes of a key and a value, entries, flags. */
export type BtfMap = {
  readonly name: string;
  readonly type: number;
  readonly key: number;
  readonly value: number;
  readonly entries: number;
  readonly flags: number;
};

/**
 * The maps that an object file declares in its section `.maps`. A number is written there as the length of an array that a
 * pointer leads to, a type as what a pointer leads to (`__uint` and `__type` of libbpf's bpf_helpers.h).
 */
export const readMaps = (path: string): readonly BtfMap[] => {
  const { all, types, infoAt, nameAt, sizeOrType, sizeOf, members, behind } = openBtf(path);
  const declared = all.find((at) => infoAt(at).kind === DATASEC && nameAt(at) === '.maps');
  if (declared === undefined) return [];
  return Array.from({ length: infoAt(declared).members }, (_, i): BtfMap => {
    const variable = behind(types.readUInt32LE(declared + 12 + i * 12));
    const fields = new Map(members(behind(sizeOrType(variable))).map(({ name, type }) => [name, behind(type)]));
    const number = (name: string) => {
      const pointer = fields.get(name);
      return pointer === undefined ? 0 : types.readUInt32LE(behind(sizeOrType(pointer)) + 20);
    };
    const size = (name: string) => {
      const pointer = fields.get(name);
      return pointer === undefined ? number(`${name}_size`) : sizeOf(sizeOrType(pointer));
    };
    return {
      name: nameAt(variable),
      type: number('type'),
      key: size('key'),
      value: size('value'),
      entries: number('max_entries'),
      flags: number('map_flags'),
    };
  });
};
