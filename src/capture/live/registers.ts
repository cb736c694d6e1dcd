// What the parts of a subscription's program agree on: what the registers hold, where on the stack what lies, which helpers are called.
// Helper numbers: enum bpf_func_id of linux/bpf.h.
import type { Register } from './assembler.ts';
import { TEXT_BYTES } from './record.ts';

export const HELPER = {
  map_lookup_elem: 1,
  map_update_elem: 2,
  map_delete_elem: 3,
  ktime_get_ns: 5,
  get_prandom_u32: 7,
  get_smp_processor_id: 8,
  get_current_pid_tgid: 14,
  get_current_uid_gid: 15,
  get_current_comm: 16,
  probe_read_user: 112,
  probe_read_kernel: 113,
  probe_read_user_str: 114,
  probe_read_kernel_str: 115,
  ringbuf_reserve: 131,
  ringbuf_submit: 132,
} as const;

/** What holds the fields: the context of a tracepoint, and of a call what was kept of it. */
export const CONTEXT: Register = 6;
export const COUNTS: Register = 7;
export const RECORD: Register = 8;
/** Process in the upper half, thread in the lower. */
export const WHO: Register = 9;
export const FRAME: Register = 10;
/**
 * On the stack: the time; the key of the counters, and once they are found the user; a text to compare. Below `end` it
 * is free.
 */
export const STACK = { time: -8, key: -16, user: -16, text: -16 - TEXT_BYTES, end: -16 - TEXT_BYTES } as const;
