// The kinds of field that exist: what a value means, its unit, and how wide it is in the kernel, in SQL and in JSON.
// A field without a kind cannot be declared, so a reader never has to guess a unit.

/** How one kind is carried. `bytes` is the width of its C type, `unit` what a reader must know to use the number. */
export type KindSpec = {
  readonly c: '__u8' | '__u16' | '__u32' | '__s32' | '__u64' | '__s64' | 'char';
  readonly bytes: 1 | 2 | 4 | 8;
  readonly sql: 'INTEGER' | 'TEXT' | 'REAL' | 'BLOB';
  readonly unit: string;
};

const kind = <const K extends KindSpec>(spec: K): K => spec;

export const kinds = {
  time: kind({ c: '__u64', bytes: 8, sql: 'INTEGER', unit: 'ns since the recording began' }),
  duration: kind({ c: '__u64', bytes: 8, sql: 'INTEGER', unit: 'ns' }),
  unix_time: kind({ c: '__u64', bytes: 8, sql: 'INTEGER', unit: 'ns since 1970-01-01 UTC' }),
  pid: kind({ c: '__u32', bytes: 4, sql: 'INTEGER', unit: 'process id (thread group id)' }),
  tid: kind({ c: '__u32', bytes: 4, sql: 'INTEGER', unit: 'thread id' }),
  cpu: kind({ c: '__u32', bytes: 4, sql: 'INTEGER', unit: 'CPU number' }),
  comm: kind({ c: 'char', bytes: 1, sql: 'TEXT', unit: 'thread name, untrusted text' }),
  text: kind({ c: 'char', bytes: 1, sql: 'TEXT', unit: 'text' }),
  untrusted_text: kind({ c: 'char', bytes: 1, sql: 'TEXT', unit: 'text written by a traced program, untrusted' }),
  id: kind({ c: '__u64', bytes: 8, sql: 'INTEGER', unit: 'row id' }),
  ref: kind({ c: '__u32', bytes: 4, sql: 'INTEGER', unit: 'id of a row in another table' }),
  count: kind({ c: '__u64', bytes: 8, sql: 'INTEGER', unit: 'count' }),
  small: kind({ c: '__u16', bytes: 2, sql: 'INTEGER', unit: 'number' }),
  number: kind({ c: '__u32', bytes: 4, sql: 'INTEGER', unit: 'number' }),
  signed: kind({ c: '__s32', bytes: 4, sql: 'INTEGER', unit: 'signed number' }),
  bytes: kind({ c: '__u64', bytes: 8, sql: 'INTEGER', unit: 'bytes' }),
  address: kind({ c: '__u64', bytes: 8, sql: 'INTEGER', unit: 'address in the traced process' }),
  handle: kind({ c: '__u64', bytes: 8, sql: 'INTEGER', unit: 'opaque handle of the library' }),
  word: kind({ c: '__u64', bytes: 8, sql: 'INTEGER', unit: 'raw register value' }),
  result: kind({ c: '__s64', bytes: 8, sql: 'INTEGER', unit: 'return code of the call, 0 is success' }),
  flags: kind({ c: '__u32', bytes: 4, sql: 'INTEGER', unit: 'bit set' }),
  boolean: kind({ c: '__u32', bytes: 4, sql: 'INTEGER', unit: '0 or 1' }),
  json: kind({ c: 'char', bytes: 1, sql: 'TEXT', unit: 'JSON text' }),
  weight: kind({
    c: '__u32',
    bytes: 4,
    sql: 'INTEGER',
    unit: 'number of events this row stands for (1/p when sampled)',
  }),
  share: kind({ c: '__u32', bytes: 4, sql: 'REAL', unit: '0 to 1' }),
  digest: kind({ c: 'char', bytes: 1, sql: 'BLOB', unit: 'bytes of a hash or a signature' }),
  histogram: kind({ c: 'char', bytes: 1, sql: 'BLOB', unit: 'pairs of (bucket, count) as varints' }),
} as const;

export type Kind = keyof typeof kinds;
