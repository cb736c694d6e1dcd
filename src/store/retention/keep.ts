// How much of a recording is kept: data only.

/** What a recording may keep; without either, all of it. */
export type Keep = {
  /** Bytes that the file may have; its log (`-wal`) comes on top while it is written. */
  readonly bytes?: number | undefined;
  /** Age of the oldest events in ns. */
  readonly ns?: number | undefined;
};

/** What was taken away so far: events up to a time in ns, and how many rows. */
export type Pruned = { readonly until: number; readonly rows: number };
