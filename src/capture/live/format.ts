// Reads the kernel's description of a tracepoint (tracefs, events/CATEGORY/NAME/format): where each field lies and of what
// kind it is. Knows text only. Form: Documentation/trace/events.rst, section 2.2.
import { shownAsAddress } from './shown-as-address.ts';

/** What a field holds. `address`: a pointer of the kernel, which nobody outside is to see. */
export type FieldKind = 'number' | 'text' | 'located_text' | 'user_text' | 'bytes' | 'located_bytes' | 'address';

export type Field = {
  readonly name: string;
  /** As in the kernel's C. */
  readonly type: string;
  readonly kind: FieldKind;
  /** Of the record, in bytes. */
  readonly offset: number;
  /** Bytes that count: of a system call's int the lower half of its place. */
  readonly size: number;
  readonly signed: boolean;
  /** Names of values, as far as the description tells. */
  readonly names: ReadonlyMap<string, number>;
  /** Whether the names are of single bits. */
  readonly isFlags: boolean;
};

export type Format = {
  readonly category: string;
  readonly name: string;
  readonly id: number;
  readonly fields: readonly Field[];
  /** Bytes of the record before what is located elsewhere in it. */
  readonly size: number;
};

const LINE = /^\tfield:(.+);\toffset:(\d+);\tsize:(\d+);\tsigned:(\d);$/;
/** "char comm[16]", "const char * filename", "__data_loc char[] name": all before the last word is the type. */
const DECLARATION = /^(.*?)\s*([A-Za-z_]\w*)((?:\[[^\]]*\])*)$/;

// include/net/tcp_states.h: descriptions name these states without their numbers.
const TCP_STATES = [
  'TCP_ESTABLISHED',
  'TCP_SYN_SENT',
  'TCP_SYN_RECV',
  'TCP_FIN_WAIT1',
  'TCP_FIN_WAIT2',
  'TCP_TIME_WAIT',
  'TCP_CLOSE',
  'TCP_CLOSE_WAIT',
  'TCP_LAST_ACK',
  'TCP_LISTEN',
  'TCP_CLOSING',
  'TCP_NEW_SYN_RECV',
];
const tcpStates = new Map(TCP_STATES.map((name, i) => [name, i + 1]));

const numberOfName = (text: string): number | undefined => {
  const number = Number(text.replace(/[uUlL]+$/, ''));
  return Number.isNaN(number) ? tcpStates.get(text) : number;
};

/** The names that `print fmt` gives to the values of a field. */
const namesOf = (print: string, field: string): Pick<Field, 'names' | 'isFlags'> => {
  const found = new RegExp(`__print_(symbolic|flags)\\w*\\(\\s*REC->${field}\\b([^]*?\\})\\s*\\)`).exec(print);
  const [, kind, list = ''] = found ?? [];
  const pairs = [...list.matchAll(/\{\s*([^,{}]+?)\s*,\s*"([^"]*)"\s*\}/g)].flatMap(([, value = '', name = '']) => {
    const number = numberOfName(value);
    return number === undefined ? [] : [[name, number] as const];
  });
  return { names: new Map(pairs), isFlags: kind === 'flags' };
};

/**
 * Texts of a program that a system call takes as the name of something: paths, file systems, attributes. Any other `char *` is a
 * buffer (of write, of sendmsg, of syslog), whose bytes are what programs say to each other: nobody outside is to see them.
 */
const NAMES: ReadonlySet<string> = new Set(
  ['filename', 'pathname', 'path', 'oldname', 'newname', 'old', 'new', 'from_pathname', 'to_pathname', 'linkpath']
    .concat(['dev_name', 'dir_name', 'type', 'special', 'specialfile', 'new_root', 'put_old', 'library'])
    .concat(['name', 'name_user', 'u_name', 'uname', 'fs_name', '_fs_name']),
);

const kindOf = (category: string, type: string, array: string, name: string, isAddress: boolean): FieldKind => {
  if (type.startsWith('__data_loc') || type.startsWith('__rel_loc'))
    return /\bchar\b/.test(type) ? 'located_text' : 'located_bytes';
  if (type.endsWith('*'))
    return category === 'syscalls' && /^(const )?char \*$/.test(type) && NAMES.has(name) ? 'user_text' : 'address';
  if (array !== '') return /^(const )?char$/.test(type) ? 'text' : 'bytes';
  return isAddress ? 'address' : 'number';
};

/** An argument of a system call has a place of 8 bytes, whatever its type. */
const sizeOf = (category: string, type: string, size: number): number =>
  category === 'syscalls' &&
  size === 8 &&
  /^(unsigned )?int$|^unsigned$|^[usp]?(32|id_t)$|^\w*mode_t$|^[ugp]id_t$/.test(type)
    ? 4
    : size;

/** Reads a description. Undefined when it is not one. Times, sizes: bytes. */
export const parseFormat = (category: string, text: string): Format | undefined => {
  const name = /^name: (\S+)$/m.exec(text)?.[1];
  const id = Number(/^ID: (\d+)$/m.exec(text)?.[1]);
  if (name === undefined || Number.isNaN(id)) return undefined;
  const [, print = ''] = text.split('\nprint fmt:');
  const addresses = shownAsAddress(print);
  let size = 8;
  const fields: Field[] = [];
  for (const line of text.split('\n')) {
    const [, declaration = '', offset, bytes, signed] = LINE.exec(line) ?? [];
    const [, type = '', field, array = ''] = DECLARATION.exec(declaration) ?? [];
    if (field === undefined || field.startsWith('common_')) continue;
    size = Math.max(size, Number(offset) + Number(bytes));
    const width = sizeOf(category, type, Number(bytes));
    const isInt = width !== Number(bytes) && type === 'int';
    fields.push({
      name: field,
      type: type + array,
      kind: kindOf(category, type, array, field, addresses.has(field)),
      offset: Number(offset),
      size: width,
      signed: signed === '1' || isInt,
      ...namesOf(print, field),
    });
  }
  return { category, name, id, fields, size };
};
