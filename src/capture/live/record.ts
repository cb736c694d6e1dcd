// What the kernel side of a subscription sends for one event: where each part of it lies.
import type { Field, Format } from './format.ts';

/** Offsets of the part that all events have. Number of the subscription, texts' lengths, time, who, where. */
export const HEAD = { subscription: 0, cpu: 4, time: 8, tid: 16, pid: 20, uid: 24, comm: 32, size: 48 } as const;
export const COMM_BYTES = 16;
/** The kernel keeps an address of its own in the first bytes of a record (include/trace/perf.h). */
export const SKIPPED = 8;
/** Bytes of a text, its closing 0 included. */
export const TEXT_BYTES = 256;
/** Texts of an event: more are left out. */
const MOST_TEXTS = 4;

export type TextPlace = { readonly field: Field; readonly at: number };
export type RecordLayout = {
  readonly size: number;
  /** Bytes of the kernel's own record, from its byte 8 on. */
  readonly fixed: number;
  /** Each text: 8 bytes for its length (or a negative error), then its bytes. */
  readonly texts: readonly TextPlace[];
};

const align = (bytes: number) => Math.ceil(bytes / 8) * 8;

/** The layout of an event's record. Of `fields` only the texts matter: each costs 264 bytes. */
export const recordLayout = (format: Format, fields: readonly Field[]): RecordLayout => {
  const fixed = Math.max(0, format.size - SKIPPED);
  const start = HEAD.size + align(fixed);
  const texts = fields
    .filter(({ kind }) => kind === 'located_text' || kind === 'user_text')
    .slice(0, MOST_TEXTS)
    .map((field, i) => ({ field, at: start + i * (8 + TEXT_BYTES) }));
  return { size: start + texts.length * (8 + TEXT_BYTES), fixed, texts };
};
