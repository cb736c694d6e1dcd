// How a field of an event or a column of a table is declared.
import type { Kind } from './kinds.ts';

/** One named value with a meaning. `length` makes it an array of that many elements (events only). */
export type Field = { readonly name: string; readonly kind: Kind; readonly doc: string; readonly length?: number };

/** Declares a field; the doc says what the value is, the kind already says its unit. */
export const field = <const N extends string>(name: N, kind: Kind, doc: string, length?: number) =>
  length === undefined ? { name, kind, doc } : { name, kind, doc, length };
