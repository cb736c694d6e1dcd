// The tracepoints of the kernel that recording uses, each with the program that runs there.
import { readTypes, withheld } from './abilities.ts';

// Of a handler the exit comes first: an entry without its exit would say "in a handler" for ever. The scheduler comes last.
export const TRACEPOINTS = [
  ['on_free', 'sched_process_free'],
  ['on_birth', 'sched_process_fork'],
  ['on_fork', 'sched_process_fork'],
  ['on_exec', 'sched_process_exec'],
  ['forget_calls', 'sched_process_exec'],
  ['on_exit', 'sched_process_exit'],
  ['on_rename', 'task_rename'],
  ['on_map_pages', 'mm_filemap_map_pages'],
  ['on_fault_in', 'mm_filemap_fault'],
  ['on_hrtimer_exit', 'hrtimer_expire_exit'],
  ['on_hrtimer_entry', 'hrtimer_expire_entry'],
  ['on_timer_exit', 'timer_expire_exit'],
  ['on_timer_entry', 'timer_expire_entry'],
  ['on_irq_exit', 'irq_handler_exit'],
  ['on_irq_entry', 'irq_handler_entry'],
  ['on_softirq_exit', 'softirq_exit'],
  ['on_softirq_entry', 'softirq_entry'],
  ['on_data_ready', 'sk_data_ready'],
  ['on_bio_queue', 'block_bio_queue'],
  ['on_complete', 'block_rq_complete'],
  ['on_issue', 'block_rq_issue'],
  ['on_reclaim_end', 'mm_vmscan_direct_reclaim_end'],
  ['on_reclaim_begin', 'mm_vmscan_direct_reclaim_begin'],
  ['on_memcg_reclaim_end', 'mm_vmscan_memcg_reclaim_end'],
  ['on_memcg_reclaim_begin', 'mm_vmscan_memcg_reclaim_begin'],
  ['on_compaction_end', 'mm_compaction_end'],
  ['on_compaction_begin', 'mm_compaction_begin'],
  ['on_contention_end', 'contention_end'],
  ['on_contention_begin', 'contention_begin'],
  ['on_file_fault', 'mm_filemap_fault'],
  ['on_dirty_throttle', 'balance_dirty_pages'],
  ['on_wait_writeback', 'folio_wait_writeback'],
  ['on_victim', 'mark_victim'],
  ['on_signal', 'signal_generate'],
  ['on_retransmit', 'tcp_retransmit_skb'],
  ['on_drop', 'kfree_skb'],
  ['on_waking', 'sched_waking'],
  ['on_switch', 'sched_switch'],
] as const;
/** Programs that read the arguments as what they are, without a copy. */
export const TYPED: ReadonlySet<string> = new Set(['on_free', 'on_birth', 'on_waking', 'on_switch']);

/** What takes the place of a tracepoint that is missing. */
export const SUBSTITUTES: Readonly<Record<string, readonly [program: string, tracepoint: string]>> = {
  mm_filemap_map_pages: ['on_mmap', 'sys_exit'],
};

/** Those that this kernel has not, or that are withheld (abilities.ts): they are in its types as `btf_trace_NAME`. */
export const missingTracepoints = (without = withheld()): readonly string[] => {
  const types = readTypes();
  const names = new Set(TRACEPOINTS.map(([, tracepoint]) => tracepoint));
  return [...names].filter((name) => without.has(name) || !types.includes(`btf_trace_${name}\0`));
};
