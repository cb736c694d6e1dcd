// The columns that say whose a row of a view is, in the order that the contract gives them.
import { type Field, field } from '../field.ts';

export const who: readonly Field[] = [
  field('pid', 'pid', 'process'),
  field('tid', 'tid', 'thread'),
  field('comm', 'comm', 'name of the thread'),
];
