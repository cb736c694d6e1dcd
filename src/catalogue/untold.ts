// What a recording may not tell at all since the tool that made it did not look. Names stand in the fact `missing_abilities`
// beside those of `abilities`, so that a reader asks for both in the same way. Data only.

/** By name: what is not told. */
export const untold = {
  wait_state: 'whether a thread that left its CPU was ready or blocked, and in what',
  waker: 'who ended a wait',
  run_slices: 'who ran on a CPU instead',
  wait_cpu: 'which CPU a thread left and came back to',
  lock_address: 'which lock a thread waited for, and who held it',
  block_queue: 'how long a block request was queued, and for which device',
  all_rows: 'every event: rows were kept by choice, slow ones first',
  row_counts: 'how many events have no row',
} as const;

export type Untold = keyof typeof untold;
