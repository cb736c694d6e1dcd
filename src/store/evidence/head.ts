// The head of a chain as a line of text, to be kept where nobody who can write the recording can write.
import type { Seal } from './seal.ts';

export type Head = { readonly id: number; readonly hash: string };

const HEAD = /^whytrace-head 1 (\d{1,15}) ([0-9a-f]{64})(?: SHA256:[0-9a-f]{64})?$/;

/** `whytrace-head 1 NUMBER HASH FINGERPRINT`: the last seal, and the key that signed it. */
export const headLine = ({ id, hash }: Pick<Seal, 'id' | 'hash'>, fingerprint: string): string =>
  `whytrace-head 1 ${id} ${hash} ${fingerprint}`;

/** The head in a line; undefined when it is none. */
export const parseHead = (line: string): Head | undefined => {
  const [, id, hash] = HEAD.exec(line.trim()) ?? [];
  return id === undefined || hash === undefined ? undefined : { id: Number(id), hash };
};
