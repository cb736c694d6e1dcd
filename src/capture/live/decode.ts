// Turns what the kernel sent for one event into values. Texts come from whoever runs a program; nothing here makes them safe.
import { address6 } from '../../base/internet-address.ts';
import type { Field, Format } from './format.ts';
import { COMM_BYTES, HEAD, type RecordLayout, SKIPPED } from './record.ts';

export type Value = number | string | null;
export type LiveEvent = {
  /** ns since the clock's start. */
  readonly time: number;
  readonly pid: number;
  readonly tid: number;
  readonly uid: number;
  readonly cpu: number;
  readonly comm: string;
  /** By field; addresses of the kernel are left out. */
  readonly values: Readonly<Record<string, Value>>;
};

const utf8 = new TextDecoder();
/** Texts are short mostly, and of ASCII: then a decoder takes longer to be called than it takes. */
const SHORT = 32;
/** Bytes up to the first 0 as text. */
export const textOf = (bytes: Uint8Array): string => {
  let text = '';
  for (let i = 0; i < SHORT; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === 0) return text;
    if (byte >= 0x80) break;
    text += String.fromCharCode(byte);
  }
  const end = bytes.indexOf(0);
  return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end));
};

/** What an unsigned number of 8 bytes is when it is no number but an address of the kernel: of its upper half, and no small error. */
const KERNEL_FROM = 0xff00_0000_0000_0000n;
const ERRORS_FROM = 2n ** 64n - 4096n;
const withoutAddress = (value: bigint): number =>
  value >= KERNEL_FROM && value < ERRORS_FROM ? Number.NaN : Number(value);

const numberAt = (view: DataView, at: number, { size, signed }: Field): number => {
  if (size === 1) return signed ? view.getInt8(at) : view.getUint8(at);
  if (size === 2) return signed ? view.getInt16(at, true) : view.getUint16(at, true);
  if (size === 4) return signed ? view.getInt32(at, true) : view.getUint32(at, true);
  if (size === 8) return signed ? Number(view.getBigInt64(at, true)) : withoutAddress(view.getBigUint64(at, true));
  return Number.NaN;
};

const namesOf = (names: ReadonlyMap<string, number>) => new Map([...names].map(([name, value]) => [value, name]));

const flagsText = (names: ReadonlyMap<string, number>, value: number): Value => {
  const set = [...names].filter(([, bit]) => bit !== 0 && (value & bit) === bit).map(([name]) => name);
  return set.length > 0 ? set.join('|') : value;
};

// struct sockaddr_in and sockaddr_in6 (linux/in.h, linux/in6.h): the family, the port in network order, the address.
const SOCKET_ADDRESS_BYTES = 28;
const AF_INET = 2;
const AF_INET6 = 10;
const socketAddress = (bytes: Uint8Array): string | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const family = view.getUint16(0, true);
  const port = view.getUint16(2);
  if (family === AF_INET) return `${bytes.subarray(4, 8).join('.')}:${port}`;
  return family === AF_INET6 ? `[${address6(view, 8)}]:${port}` : undefined;
};

/** Bytes as an address of the internet where they can be one, else as hexadecimal digits. */
const bytesText = ({ name, size }: Field, bytes: Uint8Array): string => {
  const isAddress = /addr/.test(name);
  if (isAddress && size === 4) return bytes.join('.');
  if (isAddress && size === 16) return address6(new DataView(bytes.buffer, bytes.byteOffset, size), 0);
  const socket = isAddress && size === SOCKET_ADDRESS_BYTES ? socketAddress(bytes) : undefined;
  return socket ?? Buffer.from(bytes).toString('hex');
};

/**
 * Makes what reads which socket an event is about, as a key to tell sockets apart within this program. It is an address of the kernel:
 * never for an answer, a row or a log. Undefined for events without one.
 */
export const createSocketKey = ({ fields }: Format) => {
  const field = fields.find(({ name, kind, size }) => name === 'skaddr' && kind === 'address' && size === 8);
  if (field === undefined) return () => undefined;
  const at = HEAD.size + field.offset - SKIPPED;
  return (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset + at, 8).toString('latin1');
};

/** Makes the decoder of a subscription. `timeOf`: turns a time of the kernel (two 32-bit halves) into ns since the start. */
export const createDecoder = (format: Format, layout: RecordLayout, timeOf: (low: number, high: number) => number) => {
  const named = new Map(format.fields.map(({ name, names }) => [name, namesOf(names)]));
  const places = new Map(layout.texts.map(({ field, at }) => [field.name, at]));
  const shown = format.fields.filter(({ kind, name }) => kind !== 'address' && name !== '__syscall_nr');

  const valueAt = (bytes: Uint8Array, view: DataView, field: Field): Value => {
    const at = HEAD.size + field.offset - SKIPPED;
    if (field.kind === 'number') {
      const value = numberAt(view, at, field);
      if (Number.isNaN(value)) return null;
      return field.isFlags ? flagsText(field.names, value) : (named.get(field.name)?.get(value) ?? value);
    }
    if (field.kind === 'text') return textOf(bytes.subarray(at, at + field.size));
    if (field.kind === 'bytes') return bytesText(field, bytes.subarray(at, at + field.size));
    const place = places.get(field.name);
    if (place === undefined) return null;
    // A page of the program that is not in memory cannot be read there: then the length is a negative error.
    const length = view.getInt32(place, true);
    return length < 0 ? null : textOf(bytes.subarray(place + 8, place + 8 + length));
  };

  return (bytes: Uint8Array): LiveEvent => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return {
      time: timeOf(view.getUint32(HEAD.time, true), view.getUint32(HEAD.time + 4, true)),
      pid: view.getUint32(HEAD.pid, true),
      tid: view.getUint32(HEAD.tid, true),
      uid: view.getUint32(HEAD.uid, true),
      cpu: view.getUint32(HEAD.cpu, true),
      comm: textOf(bytes.subarray(HEAD.comm, HEAD.comm + COMM_BYTES)),
      values: Object.fromEntries(shown.map((field) => [field.name, valueAt(bytes, view, field)])),
    };
  };
};
