// Text to one JSON value, within bounds: what a hostile sender can make of a parser ends here.
import { messageOf, type UserError } from '../../base/errors.ts';
import { errors } from '../identity/errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Whether a value has more levels than `most`. Walks level by level, so that a deep one cannot overflow the stack. */
export const isDeeper = (value: unknown, most: number): boolean => {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true;
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
  return false;
};

/** The value, or why there is none: `why` for what is no JSON, `error` for what is more than we take. */
export type Parsed = { readonly value: unknown } | { readonly why: string } | { readonly error: UserError };

export const parseMessage = (bytes: Uint8Array, depth: number): Parsed => {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes));
    return isDeeper(value, depth) ? { error: errors.tooDeep({ most: depth }) } : { value };
  } catch (thrown) {
    return { why: messageOf(thrown) };
  }
};
