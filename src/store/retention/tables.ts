// Which rows are taken away when a recording may keep no more, and as what they are told. Knows tables, not when or how; those
// of which no row ever goes are `LASTING` in src/store/evidence/drop-seals.ts.
import type { LossName } from '../../catalogue/losses.ts';

/** Tables of what happened, and the loss that says that rows of them were taken away; null where other rows tell it. */
export const eventTables: Readonly<Record<string, LossName | null>> = {
  call: 'call_pruned',
  off_cpu: 'wait_pruned',
  run_slice: 'wait_pruned',
  block_request: 'wait_pruned',
  scope: 'wait_pruned',
  moment: 'wait_pruned',
  packet_drop: 'wait_pruned',
  cpu_sample: 'sample_pruned',
  live_event: 'live_pruned',
  alert_again: 'live_pruned',
  segment: null,
};

/**
 * Tables of what events refer to. Their rows are written anew from time to time, so that those from before go when the last
 * event that may refer to them has gone. What refers to another comes before it.
 */
export const nameTables: readonly string[] = [
  'call_args',
  'wait_site',
  'file',
  'thread',
  'stack_frame',
  'stack',
  'frame',
];
