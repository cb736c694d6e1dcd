// How a table and a view of a recording are declared. Every column has a kind, and so a unit, and a sentence.
import type { Field } from './field.ts';

export type TableSpec = {
  readonly name: string;
  readonly doc: string;
  /** The first column is the primary key when it is called `id`. */
  readonly columns: readonly Field[];
  readonly primaryKey?: readonly string[];
  /** Columns of an index, where a question would otherwise scan the table for each of its rows. */
  readonly index?: readonly string[];
  /** Columns that few rows have a value in: for each an index of those rows alone, in the order of the column `by`. */
  readonly sparse?: readonly { readonly column: string; readonly by: string }[];
};

export type Example = { readonly question: string; readonly sql: string };

export type ViewSpec = {
  readonly name: string;
  readonly doc: string;
  readonly columns: readonly Field[];
  readonly sql: string;
  readonly examples: readonly Example[];
};

export const table = <const T extends TableSpec>(spec: T): T => spec;
export const view = <const V extends ViewSpec>(spec: V): V => spec;
