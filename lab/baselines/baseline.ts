// What a baseline is: a rule that answers from the same recording, by SQL alone.
import type { Claim } from '../answer.ts';

export type Rows = (
  query: string,
  ...values: readonly (string | number)[]
) => readonly Readonly<Record<string, unknown>>[];
export type Baseline = { readonly name: string; readonly claims: (rows: Rows) => readonly Claim[] };
