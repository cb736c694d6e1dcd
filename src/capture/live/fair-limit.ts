// How many events a second a subscription sends, so that whoever floods it hides nobody else: part of them is for sources that have had
// few in this second, and part for users who have. Counts who was held back. bpf/fair.h does the same in C.
import type { Assembler, Register, Width } from './assembler.ts';
import type { Field } from './format.ts';
import { CONTEXT, FRAME, HELPER, STACK, WHO } from './registers.ts';

const SECOND_NS = 1_000_000_000;
/** So long after it was held back last, a process gives up its place to another. Read more often than that. */
const HELD_NS = 2_000_000_000;
/** Spreads keys over a table: 2^32 by the golden ratio, as a signed number. Its upper bits are the mixed ones. */
const SPREAD = -1_640_531_535;
const BITS = { held: 6, sources: 10, users: 8 } as const;
const HELD = { who: 0, count: 8, last: 16, size: 32, shift: 5 } as const;
/** The second that it counts, and how many. */
const BUCKET = { start: 0, count: 8, size: 16, shift: 4 } as const;
const HEAD = { start: 0, count: 8, spare: 16, spareOfUsers: 24, size: 32 } as const;
const AT = {
  held: HEAD.size,
  sources: HEAD.size + HELD.size * 2 ** BITS.held,
  users: HEAD.size + HELD.size * 2 ** BITS.held + BUCKET.size * 2 ** BITS.sources,
} as const;
/** Of the array with one value that holds all of it. */
export const FAIR_BYTES = AT.users + BUCKET.size * 2 ** BITS.users;

/** A number of the record that says whose event it is. */
export type SharePart = { readonly offset: number; readonly width: Width };
export type FairLimit = {
  readonly limiterFd: number;
  /** Events a second at most, over all CPUs: a sixteenth of them is for sources that had few, one for users that had. */
  readonly rate: number;
  /** Nobody outside shall know who shares a bucket with whom. */
  readonly seed: number;
  /** What tells sources apart; the process where it is empty. */
  readonly share: readonly SharePart[];
};

/** Few, within a second; how many are kept for sources that had few, and for users that had; and how many are for everybody. */
export const partsOf = (rate: number): { readonly few: number; readonly spare: number; readonly common: number } => {
  const spare = Math.floor(rate / 16);
  return { few: Math.max(1, spare), spare, common: rate - 2 * spare };
};

/** The first 8 bytes of a field, in loads as the record's alignment allows them. */
export const sharePartsOf = ({ offset, size }: Field): readonly SharePart[] => {
  const parts: SharePart[] = [];
  for (let at = offset; at < offset + Math.min(size, 8); ) {
    const left = offset + Math.min(size, 8) - at;
    const width = ([8, 4, 2] as const).find((one) => one <= left && at % one === 0) ?? 1;
    parts.push({ offset: at, width });
    at += width;
  }
  return parts;
};

/** Turns a key into the address of its entry, less where the table begins. r1 is the address of the value. */
const locate = (to: Assembler, key: Register, bits: number, shift: number, seed: number) => {
  to.xor(key, seed);
  to.multiply(key, SPREAD);
  to.shiftRight(key, 32 - bits);
  to.and(key, 2 ** bits - 1);
  to.shiftLeft(key, shift);
  to.addRegister(key, 1);
};

/** Turns a key into how many of it there were in this second, this one included. r2 is when the second began; takes r3. */
const countOf = (to: Assembler, key: Register, table: 'sources' | 'users', seed: number) => {
  const at = AT[table];
  locate(to, key, BITS[table], BUCKET.shift, seed);
  to.load(8, 3, key, at + BUCKET.start);
  to.jumpIfRegister(3, '==', 2, `same_${table}`);
  to.store(8, key, at + BUCKET.start, 2);
  to.storeNumber(8, key, at + BUCKET.count, 0);
  to.label(`same_${table}`);
  to.load(8, 3, key, at + BUCKET.count);
  to.add(3, 1);
  to.store(8, key, at + BUCKET.count, 3);
  to.move(key, 3);
};

/** Takes one of a part of the second: r3 is how many were taken before. */
const take = (to: Assembler, at: number) => {
  to.number(3, 1);
  to.fetchAdd(1, at, 3);
};

/** Puts into r4 what tells whose event it is. Takes r1. */
const writeSource = (to: Assembler, share: readonly SharePart[]) => {
  if (share.length === 0) {
    to.move(4, WHO);
    to.shiftRight(4, 32);
    return;
  }
  to.number(4, 0);
  for (const { offset, width } of share) {
    to.load(width, 1, CONTEXT, offset);
    to.multiply(4, 31);
    to.addRegister(4, 1);
  }
};

/** Goes on where there is room, and else to `limited`. Leaves the time and the user on the stack. */
export const limit = (to: Assembler, { limiterFd, rate, seed, share }: FairLimit): void => {
  const { few, spare, common } = partsOf(rate);
  to.call(HELPER.ktime_get_ns);
  to.store(8, FRAME, STACK.time, 0);
  to.call(HELPER.get_current_uid_gid);
  to.store(8, FRAME, STACK.user, 0);
  writeSource(to, share);
  to.mapValue(1, limiterFd);
  to.load(8, 3, FRAME, STACK.time);
  to.load(8, 2, 1, HEAD.start);
  to.move(5, 3);
  to.subtractRegister(5, 2);
  // Signed: another CPU may have begun a second that is later than our time.
  to.jumpIf(5, 's<', SECOND_NS, 'same_second');
  to.store(8, 1, HEAD.start, 3);
  for (const at of [HEAD.count, HEAD.spare, HEAD.spareOfUsers]) to.storeNumber(8, 1, at, 0);
  to.move(2, 3);
  to.label('same_second');
  countOf(to, 4, 'sources', seed);
  to.load(4, 5, FRAME, STACK.user);
  countOf(to, 5, 'users', seed);
  take(to, HEAD.count);
  to.jumpIf(3, '<', common, 'room');
  to.jumpIf(4, '>', few, 'no_quiet_source');
  take(to, HEAD.spare);
  to.jumpIf(3, '<', spare, 'room');
  to.label('no_quiet_source');
  to.jumpIf(5, '>', few, 'limited');
  take(to, HEAD.spareOfUsers);
  to.jumpIf(3, '>=', spare, 'limited');
  to.label('room');
};

/** Counts for whom there was no room: exactly, as long as it has a place. Leaves for `out`. */
export const noteLimited = (to: Assembler, { limiterFd, seed }: Pick<FairLimit, 'limiterFd' | 'seed'>): void => {
  to.mapValue(1, limiterFd);
  to.load(8, 3, FRAME, STACK.time);
  to.load(8, 5, FRAME, STACK.user);
  to.shiftLeft(5, 32);
  to.move(4, WHO);
  to.shiftRight(4, 32);
  to.addRegister(5, 4);
  locate(to, 4, BITS.held, HELD.shift, seed);
  to.load(8, 2, 4, AT.held + HELD.who);
  to.jumpIfRegister(2, '==', 5, 'has_place');
  to.load(8, 2, 4, AT.held + HELD.last);
  to.move(0, 3);
  to.subtractRegister(0, 2);
  to.jumpIf(0, 's<', HELD_NS, 'out');
  to.store(8, 4, AT.held + HELD.who, 5);
  to.storeNumber(8, 4, AT.held + HELD.count, 0);
  to.label('has_place');
  to.store(8, 4, AT.held + HELD.last, 3);
  to.number(2, 1);
  to.fetchAdd(4, AT.held + HELD.count, 2);
  to.jump('out');
};

/** Entries as bpf/fair.h has them. */
export const HELD_IN_C = { size: 24, entries: 64 } as const;

/** A process whose events were held back, and how many since it has its place. */
export type Limited = { readonly pid: number; readonly uid: number; readonly count: number };

/** Who was held back, of a table with entries as `noteLimited` and bpf/fair.h write them. */
export const readHeld = (bytes: Uint8Array, entrySize: number): readonly Limited[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const held: Limited[] = [];
  for (let at = 0; at + entrySize <= bytes.length; at += entrySize) {
    const count = Number(view.getBigUint64(at + HELD.count, true));
    const [pid, uid] = [view.getUint32(at + HELD.who, true), view.getUint32(at + HELD.who + 4, true)];
    if (count > 0) held.push({ pid, uid, count });
  }
  return held;
};

/** Who was held back, of the value of a subscription's limit. */
export const limitedOf = (value: Uint8Array): readonly Limited[] =>
  readHeld(value.subarray(AT.held, AT.sources), HELD.size);
