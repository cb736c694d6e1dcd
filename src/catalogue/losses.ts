// Every way in which a recording can lack something. A loss is a row with when, what and how many; an answer whose
// window touches one says so. Ids of kernel counters are never renumbered.

/** One kind of loss: where it is counted, and what it means to a reader. `counter` is the kernel's array index. */
export type LossSpec = {
  readonly source: 'kernel' | 'capture' | 'store' | 'import';
  readonly counter?: number;
  readonly doc: string;
};

const loss = <const L extends LossSpec>(spec: L): L => spec;

export const losses = {
  ring_full_call: loss({
    source: 'kernel',
    counter: 0,
    doc: 'calls that have no row, and for which none stands, since the ring was full; their totals are kept',
  }),
  ring_full_off_cpu: loss({
    source: 'kernel',
    counter: 1,
    doc: 'off-CPU intervals lost since the ring was full, and those for which they were to stand',
  }),
  ring_full_stack: loss({
    source: 'kernel',
    counter: 3,
    doc: 'stacks lost, or not taken, since the ring was full or half full',
  }),
  ring_full_process: loss({
    source: 'kernel',
    counter: 4,
    doc: 'process and thread events lost since the ring was full',
  }),
  thread_table_full: loss({
    source: 'kernel',
    counter: 5,
    doc: 'calls or intervals of threads for which the kernel table had no room',
  }),
  call_too_deep: loss({ source: 'kernel', counter: 6, doc: 'calls nested deeper than is kept' }),
  call_abandoned: loss({
    source: 'kernel',
    counter: 7,
    doc: 'calls that were left without a return, by longjmp, an exception or an exec',
  }),
  return_without_entry: loss({
    source: 'kernel',
    counter: 8,
    doc: 'returns of calls that were entered before the probe was attached',
  }),
  stack_failed: loss({ source: 'kernel', counter: 9, doc: 'stacks that could not be read' }),
  process_table_full: loss({
    source: 'kernel',
    counter: 10,
    doc: 'processes that could not be tracked since the kernel table was full',
  }),
  total_table_full: loss({
    source: 'kernel',
    counter: 11,
    doc: 'calls of which not even the total was kept: the ring and the loss table were full',
  }),
  interval_missed: loss({
    source: 'kernel',
    counter: 12,
    doc: 'off-CPU intervals whose end was neither seen nor could be inferred: that time looks like time on a CPU',
  }),
  ring_full_scope: loss({
    source: 'kernel',
    counter: 2,
    doc: 'stretches and moments in the kernel lost since the ring was full',
  }),
  block_table_full: loss({
    source: 'kernel',
    counter: 13,
    doc: 'block requests of which the beginning was not kept since the kernel table was full',
  }),
  python_table_full: loss({
    source: 'kernel',
    counter: 14,
    doc: 'processes whose Python frames are not read since the kernel table was full: their stacks show native code only',
  }),
  shed_sample: loss({
    source: 'kernel',
    counter: 15,
    doc: 'samples of what runs that were left out while the recorder fell behind; those that were kept stand for them (weight)',
  }),
  shed_stack: loss({
    source: 'kernel',
    counter: 16,
    doc: 'stacks of usual calls and short waits that were left out while the recorder fell behind; those that were kept stand for them (stack_weight)',
  }),
  shed_call: loss({
    source: 'kernel',
    counter: 17,
    doc: 'usual calls without a row, left out while the recorder fell behind: rows that were kept stand for exactly these (weight), but for the last, which are told apart; totals are exact, slow and failed calls have their rows',
  }),
  shed_wait: loss({
    source: 'kernel',
    counter: 18,
    doc: 'off-CPU intervals below 20 us without a row, left out while the recorder fell behind: rows that were kept stand for them (weight), and that time looks like time on a CPU',
  }),
  history_overwritten: loss({
    source: 'capture',
    doc: 'waits whose causes could not be followed: the flight recorder had gone on over them, or the limit of work was reached',
  }),
  request_overwritten: loss({
    source: 'capture',
    doc: 'block requests that the recorder came too late to look at: those of traced processes among them have no row',
  }),
  stack_unnamed: loss({
    source: 'capture',
    doc: 'stacks that were taken and have no frames: the recorder was too far behind to name them',
  }),
  late_attach: loss({
    source: 'capture',
    doc: 'a library was in use before its probes were attached: earlier calls are not seen',
  }),
  probe_failed: loss({ source: 'capture', doc: 'probes that could not be attached' }),
  live_limited: loss({
    source: 'capture',
    doc: 'events of a subscription or a watch that came faster than their limit: they have no row, and raised no alert',
  }),
  live_lost: loss({
    source: 'capture',
    doc: 'events of a subscription lost since they came faster than they were read',
  }),
  live_ended: loss({
    source: 'capture',
    doc: 'a subscription that ended before the recording did: what came later has no row',
  }),
  watch_partial: loss({
    source: 'capture',
    doc: 'what a watch cannot see on this machine, each with why',
  }),
  alert_held_back: loss({
    source: 'capture',
    doc: 'findings of a rule that raised no alert, since it had raised too many about the same program',
  }),
  call_unfinished: loss({
    source: 'capture',
    doc: 'calls that had not returned when the recording, or their thread, ended',
  }),
  cut_short: loss({
    source: 'store',
    doc: 'the recorder ended without closing the file: what came after its last commit is missing, a second where nothing held that up',
  }),
  call_pruned: loss({
    source: 'store',
    doc: 'calls whose rows were taken away, the oldest first, to keep the recording as small or young as was asked for; totals have them',
  }),
  wait_pruned: loss({
    source: 'store',
    doc: 'off-CPU intervals, and what goes with them, whose rows were taken away for the same reason: that time looks like time on a CPU',
  }),
  sample_pruned: loss({
    source: 'store',
    doc: 'samples of running threads whose rows were taken away for the same reason',
  }),
  stack_pruned: loss({
    source: 'store',
    doc: 'stacks of calls and waits that lasted longer than stacks are kept: they were taken away before the row that names them was written',
  }),
  live_pruned: loss({
    source: 'store',
    doc: 'events of subscriptions and watches whose rows were taken away for the same reason; alerts stay',
  }),
  call_sampled: loss({
    source: 'import',
    doc: 'calls of which another tool kept no row: totals have them, each at their mean; the rows are a biased sample',
  }),
  wait_sampled: loss({
    source: 'import',
    doc: 'off-CPU intervals of which another tool kept no row: that time looks like time on a CPU',
  }),
  row_missing: loss({ source: 'import', doc: 'rows that another tool once had, and that its file no longer has' }),
  total_missing: loss({
    source: 'import',
    doc: 'another tool kept no totals, or wrote over them: those here count no more than the rows and buckets that are left',
  }),
  thread_silent: loss({
    source: 'import',
    doc: 'a stretch in which a thread has no row at all, far longer than it usually has none: whether it ran or its rows were lost cannot be told',
  }),
  thread_unseen: loss({
    source: 'import',
    doc: 'a thread made calls, and not one interval of it off the CPU has a row: whether it ran or waited cannot be told',
  }),
  row_left_out: loss({
    source: 'import',
    doc: 'rows of another tool that were not taken over: of a kind that has no place here, of another run or host, or unreadable',
  }),
} as const;

export type LossName = keyof typeof losses;
/** Number of counters in the kernel's loss array. */
export const LOSS_COUNTERS = 19;
