// What a check of a recording can find. Facts only: the words are made where they are shown.

export const findingKinds = {
  damaged: 'the file cannot be read as it should',
  schema_changed: 'a table, view or index is not as it was when the recording began',
  schema_added: 'a table, view, index or trigger was added',
  schema_removed: 'a table, view or index is missing',
  seal_changed: 'a seal is not as it was signed',
  seal_removed: 'seals are missing',
  end_removed: 'the recording was closed, and the seal of its end is missing',
  other_key: 'it was signed by another key than the one asked for',
  anchor_missing: 'the anchored head is not in its chain',
  anchor_pruned: 'the anchored head is older than the seals that were kept: nothing can be held against it any more',
  row_changed: 'a row was changed, or rows changed places',
  row_removed: 'a row was removed',
  row_inserted: 'a row was added after its part was sealed',
} as const;

export type FindingKind = keyof typeof findingKinds;

export type Finding = {
  readonly kind: FindingKind;
  /** Table, or the object of the schema. */
  readonly table?: string | undefined;
  /** Number of the seal that says otherwise. */
  readonly seal?: number | undefined;
  /** Rows in question, by id, or counted from 1 in the order of its key where a table has no ids. */
  readonly first?: number | undefined;
  readonly last?: number | undefined;
  /** The first wrong row, where it can be told. */
  readonly row?: number | undefined;
  /** What SQLite says. */
  readonly why?: string | undefined;
};
