// Where each field of an event lies: the C rules for natural alignment, applied to the catalogue.
import type { Field } from '../field.ts';
import { kinds } from '../kinds.ts';

export type FieldLayout = { readonly offset: number; readonly size: number; readonly length: number };
/** A struct's size in bytes, and where each of its fields lies. */
export type Layout<N extends string> = { readonly size: number; readonly at: (name: N) => FieldLayout };

const alignUp = (offset: number, alignment: number) => Math.ceil(offset / alignment) * alignment;

/** Byte offsets and sizes of a struct with these fields, as a C compiler lays it out on x86-64 and arm64. */
export const layoutOf = <const F extends readonly Field[]>(fields: F): Layout<F[number]['name']> => {
  const placed = new Map<string, FieldLayout>();
  let end = 0;
  let widest = 1;
  for (const { name, kind, length = 1 } of fields) {
    const { bytes } = kinds[kind];
    const offset = alignUp(end, bytes);
    placed.set(name, { offset, size: bytes * length, length });
    widest = Math.max(widest, bytes);
    end = offset + bytes * length;
  }
  const at = (name: string) => {
    const found = placed.get(name);
    if (found === undefined) throw new Error(`no field ${name}`);
    return found;
  };
  return { size: alignUp(end, widest), at };
};
