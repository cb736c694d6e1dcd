// Which fields of an event anybody may see: no addresses of the kernel, and not the number that a system call's name says already.
import type { Field, Format } from '../capture/live/format.ts';

/** In the order of the kernel's description. */
export const shownFields = ({ fields }: Format): readonly Field[] =>
  fields.filter(({ kind, name }) => kind !== 'address' && name !== '__syscall_nr');
