// What docs/overhead.md says besides figures: its sections in order, which benches fill them, and what each figure is. Data only.
// A bench that no section names gets one of its own at the end, so that nothing measured is left out; to describe it, add it here.

export type Section = {
  readonly title: string;
  /** Benches whose figures stand here; with none, it has words only. */
  readonly benches: readonly string[];
  /** Paragraphs above and below the table. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** What each figure is, by name. */
  readonly figures: Readonly<Record<string, string>>;
};

export const opening: readonly string[] = [
  'Every number in a table of figures was printed by `npm run bench`, one JSON line a figure: median of the runs, smallest, largest, goal where there is one. `npm run bench -- calls` runs one bench, `npm run bench -- --write calls` also keeps its figures in `docs/figures/` and makes this page anew. Numbers in the text around them are none of these: they were measured once, while what they speak of was made.',
  'Conditions that are compared take turns within one run (A B A B, in another order each turn), so what else the machine does falls on all alike. A percentage stands beside the rate at which it was measured: half of the rate is half of the cost.',
];

const calls: Section = {
  title: 'What timing a call costs the program that makes it',
  benches: ['calls', 'call-cost'],
  before: [
    'A program calls `cudaLaunchKernel` of a library that does nothing, with so much work between calls as makes the rate. It runs on a CPU of its own; the tracers come and go, each after an untraced stretch of the same program, and run on the others. A cost is the CPU time of the fastest tenth of the rounds, less that of the untraced stretch before it.',
    '`bare` is two programs that do nothing, at the entry and the return of the same function: what any tracer pays. `recorded` is `whytrace record` with stacks, `no stacks` is `--sample-hz 0`. `plain` is a tracer as it is usually written with libbpf: a hash map, a ring buffer, a wake-up of the reader for each event, and no arguments (`bench/calls-plain.c`). `lost` is the share of calls of which a tracer kept nothing.',
    '`bpftrace` prints a line of each call into a file, with what a row of ours has: process, thread and its name, start, duration, result, and the argument words that are kept of this call, taken at the entry in one map of tuples (`bench/calls.bt`). It is given buffers that hold all the calls of a run (`BPFTRACE_PERF_RB_PAGES`), since a line that is lost costs it less than one that is printed. `bpftrace default` has the buffers that it has by itself, 64 pages for each CPU: against it, the cost is given for a call that was kept and for one that was made. It wakes its reader for each line, with an interrupt of another CPU: while the reader sleeps in between, as it does at 100,000 calls a second, a line costs several times what it costs while the reader never comes to an end. With nothing but calls it can be either, so the cheapest and the dearest turn are told. What it costs to be trapped at all, `bare`, no tracer with uprobes goes below: where `call_cost_bare_vs_bpftrace` is near to the goal of `call_cost_vs_bpftrace`, so is what can be reached.',
  ],
  after: [],
  figures: {
    call_cost_vs_bare: 'what a recorded call costs, against the bare probes',
    call_cost_no_stacks_vs_bare: 'the same without stacks',
    call_cost_vs_bpftrace: 'what a recorded call costs, against bpftrace that keeps all of them',
    call_cost_100k_vs_bpftrace: 'the same at 100,000 calls a second',
    call_cost_bare_vs_bpftrace:
      'what the bare probes cost, against bpftrace that keeps all of them: no tracer can be below that',
    call_cost_vs_bpftrace_default_buffers:
      'against bpftrace with its own buffers, for each call that was kept: cost of all calls / calls kept, of both',
    call_cost_made_vs_bpftrace_default_buffers: 'the same for each call that was made, lost or not',
    call_cost_vs_plain_libbpf: 'what a recorded call costs, against a tracer as it is usually written',
    call_cost_endbr64_vs_bpftrace:
      'on a function that begins with `endbr64`, as most distributions compile them: the probe sits behind it',
    victim_slowdown_1k_pct: 'how much longer the same work takes at about 1,000 calls a second',
    victim_slowdown_10k_pct: 'at 10,000',
    victim_slowdown_100k_pct: 'at 100,000',
    victim_slowdown_training_pct: 'in a training loop: 64 calls with 5 to 20 us between them, then 5 ms of computing',
    victim_slowdown_1k_no_stacks_pct: 'without stacks, at 1,000',
    victim_slowdown_10k_no_stacks_pct: 'at 10,000',
    victim_slowdown_100k_no_stacks_pct: 'at 100,000',
    victim_slowdown_training_no_stacks_pct: 'in the training loop',
    victim_slowdown_100k_vs_bare: 'time of the same work at 100,000 calls a second, against the bare probes',
    victim_slowdown_max_vs_bare: 'the same with nothing but calls',
    added_ns_per_probed_call:
      'CPU time that a probed call takes longer in a program that makes as many as it can on the simulated device, where 44 of 100 calls nest another',
  },
};

const price: Section = {
  title: 'What decides the price of a probe',
  benches: [],
  before: [
    'A uprobe is a breakpoint. What comes after the trap depends on the instruction under it (x86-64; arm64 knows `nop`, branches and everything else):',
    [
      '| instruction | what the kernel does | class | about, measured once |',
      '| --- | --- | --- | --- |',
      '| `nop` of 5 bytes | becomes a call into the kernel, without a trap (Linux 6.18) | `nop5` | 0.18 us |',
      '| other `nop` | skips it: of 1 byte always, of up to 8 bytes since 6.18, of any form since 6.19 | `nop` | 0.40 us |',
      '| `push` of a register | does it | `push` | 0.41 us |',
      '| relative jump or call | does it | `branch` | 0.42 us |',
      '| anything else (`endbr64`, `sub`, `mov`, ...) | steps over a copy of it with a second trap | `single_step` | 14 to 16 us on a virtual machine, 0.9 us on bare metal |',
    ].join('\n'),
    'So the probes are not always placed on a function’s first byte but on the cheapest instruction that is as good: all before it leave arguments, stack pointer and memory alone, and no jump leads to it or to anything it passed over ([0024](../decisions/0024-cheapest-probe-site.md)). Most often that is the `push` after an `endbr64`. `whytrace doctor` says where the probes of this machine’s CUDA libraries would sit, the summary of `record` and the column `library.sites` where they sat.',
    'Of a process that is not recorded but uses a probed library, each call costs the entry only (Linux 6.13 and later; before, the return too). Off-CPU intervals cost two short programs on each context switch of the machine; of tasks that are not recorded they only write a record into memory.',
    'The recorder itself is one process. When it gets too little CPU, it leaves out what is worth least first, by stated rules: samples, then stacks and rows of usual calls, then short waits; what is kept has a weight, slow and failed calls keep their rows, and totals stay exact. The live line and the recording say how much and since when ([0026](../decisions/0026-a-bad-day-ends-well.md)). Events are lost, and counted as lost, only where a ring is full all the same.',
  ],
  after: [],
  figures: {},
};

const path: Section = {
  title: 'From the ring to the file',
  benches: ['capture-rate', 'ingest'],
  before: [
    '`capture-rate` records a program through real rings. It is paced, on one CPU: 350,000 calls of the runtime a second, of which 7 in 16 call the driver, which is probed too; so its rows a second are those 503,125, and no limit of the recorder.',
    '`ingest` measures that limit: 10 rings full of calls, made up as the kernel writes them, through the program’s own reader into a sealed file, on one core; and in turns SQLite alone, inserting the same rows with the statements that the recorder uses, and committing as often. Such a ring is filled only once it is empty: nothing can be lost in it, so losses are told by `capture-rate`.',
  ],
  after: [
    'A row is that small because arguments are kept once for each distinct set. Measured once: a program whose every call has other arguments (300,000 fills of distinct pointers and sizes) came to 68 bytes a call, and the recorder to 364 MB of memory.',
  ],
  figures: {
    paced_rows_per_s: 'rows of a program that makes 503,125 calls a second: how often it calls, not how often it could',
    lost_events: 'events lost in those runs, at most',
    recorder_cpu_per_event: 'CPU time of the recorder for each of them, from the ring to SQLite',
    bytes_per_row: 'size of the file for each row',
    ingest_events_per_s: 'events a second from a made-up ring to the sealed file on one core',
    ingest_cpu_ns_per_event: 'CPU time of one of them',
    ingest_vs_raw_inserts: 'against inserting the same rows with nothing around it: events for the same CPU time',
    ingest_vs_raw_inserts_wall: 'the same by the clock',
    ingest_rows_missing: 'events that were read and have no row',
    ingest_bytes_per_row: 'size of the sealed file for each row',
  },
};

const start: Section = {
  title: 'How soon it is there',
  benches: ['ready-time', 'mcp-start'],
  before: [],
  after: [],
  figures: {
    ready_ms: 'from the start of `record` until all probes are in place and the program it starts runs',
    first_answer_ms: 'from the start of `record` until `ask get_trace_stats` has answered about it',
    mcp_first_tools_list: 'from the start of `mcp` to the answer of its first `tools/list`',
  },
};

/** What is asked of a large recording, by the name of its figure without size and unit. */
const QUESTIONS = {
  stats: '`get_trace_stats`',
  chains: '`get_causal_chains`',
  chains_1pct: '`get_causal_chains` about one per cent of it',
  timeline: '`get_timeline`',
  timeline_busy_thread: '`get_timeline` of a thread with very many waits',
  timeline_1pct: '`get_timeline` of that thread, about one per cent of it',
  event: '`explain_event`',
  stacks: '`get_stacks`',
  stacks_1pct: '`get_stacks` about one per cent of it',
  compare: '`compare_windows`, two halves of it',
  compare_1pct: '`compare_windows`, two windows of one per cent',
  schema: '`describe_schema`',
  sql_totals: '`run_sql`, sums over all totals',
  ask_stats: '`ask get_trace_stats` from a shell, program start included',
} as const;
const SIZES = { '1m': '1 million rows', '10m': '10 million rows', '50m': '50 million rows' } as const;

const answers: Section = {
  title: 'From the file to an answer',
  benches: ['scale', 'scale-50m'],
  before: [
    'A recording of training jobs with loaders, servers and what they wait for is written through the program’s own writer (10 million rows are an hour of it), and each tool is asked about all of it and about one per cent of it, by a process that has not read it before. Goals are for 10 million rows.',
  ],
  after: [],
  figures: Object.fromEntries(
    Object.entries(SIZES).flatMap(([size, rows]) => [
      ...Object.entries(QUESTIONS).map(([name, what]) => [`${name}_${size}_ms`, `${what}, on ${rows}`]),
      [`answers_${size}_memory_mb`, `memory of the process that gave all answers about ${rows}`],
      [`written_${size}_rows_per_s`, `how fast the recording of ${rows} was written`],
    ]),
  ),
};

const idle: Section = {
  title: 'A recorder at rest',
  benches: ['idle'],
  before: [
    'The recorded process sleeps, and two threads of another one switch 50,000 times a second on a CPU of their own. The same two switch without a recorder in turns with that: what they take longer is what the kernel side’s programs cost on switches that are not recorded.',
  ],
  after: [],
  figures: {
    idle_cpu_pct: 'of one core, all threads of the recorder',
    idle_kernel_pct: 'of one core, in the kernel: what is added to these switches, of whoever makes them',
    idle_rss_mb: 'memory of the recorder then',
    idle_switches_per_s: 'switches of the two that the kernel counted: they must have happened',
  },
};

const sched: Section = {
  title: 'What watching the scheduler costs',
  benches: ['sched'],
  before: [
    'Two threads, or two processes, pass a byte to and fro on one CPU at 100,000 switches a second; each switch has one wake-up. Nothing, a recording of them, a recording of something else, and bpftrace (`bench/offcpu.bt`) take turns while the same two go on. The recorder runs on the other CPU. A cost is the CPU time of the fastest twentieth of the rounds, less that of the untraced rounds of the same turn. Turns in which another tracer was on the machine are made again.',
  ],
  after: [
    'What a pair takes untraced stands beside each figure (`untraced ns`). The goals in ns were set on a machine where that was 972 ns, of which 350 ns is 36 % and 150 ns is 15.4 %: that is where the goals for the shares come from. Where two programs that do nothing (`sched_pair_cost_empty_ns`) cost more than 150 ns, that goal is out of reach of any tracer of both events. Of what ours cost on top of the empty ones, the two readings of the clock were nearly half, measured once ([0010](../decisions/0010-flight-recorder.md) says what was tried).',
    'What the recorder remembers of processes and threads that have ended is bounded (the last 256 with their names of functions, 50,000 with their rows, 100,000 distinct threads, files and circumstances each). Until then it remembers a few hundred bytes for each process (315, measured once). The kernel side has tables of fixed size, 32,768 tasks in 8 MiB, and storage that goes away with its task for those that do not fit.',
    'The two tools watch the same run, and off-CPU time is summed over each thread’s life. Threads for which bpftrace itself found a switch missing are left out of the largest difference: how many these are, and by how much they differ, stands beside it (`threads with gaps`, `largest with gaps pct`). Why some switches reach no tracepoint program is not known; `record` infers such a switch from the run time of the next task.',
  ],
  figures: {
    sched_pair_cost_recorded_ns: 'added to a switch and a wake-up of those that are recorded',
    sched_pair_cost_other_ns: 'the same of those that are not recorded',
    sched_pair_cost_empty_ns: 'added by two programs at the same tracepoints that do nothing',
    sched_pair_share_recorded_pct: 'slow-down of a program that does nothing but switch, recorded',
    sched_pair_share_other_pct: 'the same, not recorded',
    sched_pair_cost_vs_bpftrace: 'the first, against what bpftrace adds',
    sched_core_share_100k_pct: 'of one core, at 100,000 switches a second of recorded threads: computed from the first',
    sched_core_share_100k_other_pct: 'the same of other threads',
    sched_recorder_cpu_pct: 'CPU of the recorder while each of these intervals becomes a row',
    sched_recorder_cpu_other_pct: 'CPU of the recorder when none of them does',
    sched_intervals_kept_pct: 'rows for each 100 switches of recorded threads',
    offcpu_agreement_pct: 'largest difference of a thread’s off-CPU time from bpftrace’s',
    offcpu_agreement_threads: 'threads that were compared',
    sched_processes_per_s: 'processes recorded, beside 2,000 sleeping threads',
    sched_processes_missing: 'not in that recording',
    sched_threads_missing: 'not in that recording',
    sched_storm_lost: 'events lost in it',
    sched_recorder_growth: 'memory that the recorder took in these 10 s',
    sched_kernel_growth: 'the same of its BPF maps, without what hangs on each task',
  },
};

const stacks: Section = {
  title: 'Stacks',
  benches: ['stacks'],
  before: [
    'What the kernel side’s programs take with stacks and without, by the kernel’s own count (`kernel.bpf_stats_enabled`), in turns.',
  ],
  after: [
    'What one sample takes stands beside the figure (`tick ns`). Only two threads run at a time on two CPUs: what sixteen that each have a CPU would take is computed from that. Measured once: threads that wait thousands of times a second for something that takes milliseconds (16 threads of Python at its lock) cost the recorder up to 10 % of a CPU more than without stacks in their first seconds, and about 4 % after that.',
  ],
  figures: {
    stack_cost_per_call_ns: 'added to a recorded call',
    sample_cost_pct: 'of one CPU, in the kernel, for 99 samples a second of each CPU while 16 threads compute',
    sample_cost_of_16_running_pct: 'the same as if each of the threads had a CPU to itself: computed',
    sample_recorder_pct: 'of one CPU, in the recorder, for the same',
    symbol_memory_mb: 'what the symbols of a large program take, that of Node itself',
  },
};

const largeHost: Section = {
  title: 'A large host',
  benches: ['scale-out'],
  before: [
    'What a host of 128 CPUs and 2,000 traced threads takes, as far as a small machine can stand in for it: [scale.md](scale.md) has the arithmetic, and what is made up and what is real.',
  ],
  after: [],
  figures: {
    scale_out_kernel_memory: 'memory of the kernel side with that many CPUs: worked out',
    scale_out_memory_formula:
      'what the kernel accounts for it, against what is worked out (the larger over the smaller)',
    scale_out_call_cost: 'CPU time of reading a call of that host, against one of a small host',
    scale_out_reader_cpu: 'CPU of the recorder for the calls of that host alone',
    scale_out_disk: 'file that these calls make',
    scale_out_mixed_cpu:
      'CPU of the recorder for its calls and for the switches of traced threads, with what they lead to',
    scale_out_mixed_disk: 'file that both make',
    scale_out_threads_seen: 'of 2,000 real threads that sleep',
    scale_out_waits_lost: 'events lost while these sleep and wake ten times a second each',
    scale_out_calls_lost:
      'events lost while 2,000 real threads make calls, as many as this machine lets them (`calls per s`)',
  },
};

const soak: Section = {
  title: 'Half an hour',
  benches: ['soak'],
  before: [
    '`whytrace record` with limits of size and age, beside a program that makes 50,000 events a second and others that come and go, while readers come, stay for some seconds, and go. Growth is that of the last third of what was seen over the first, once it is warm.',
  ],
  after: [],
  figures: {
    soak_unexplained_losses: 'calls that have no row, and of which the file does not say why',
    soak_rows_pct: 'of all calls: rows that are there, or were there until they were too old',
    soak_events_per_s: 'events a second over the whole time',
    soak_memory_growth_mb: 'growth of the recorder’s own memory',
    soak_memory_slope_mb_per_h: 'slope of a line through it',
    soak_fds_growth: 'growth of its open files',
    soak_file_mb: 'largest size of the file',
    soak_log_mb: 'largest size of its log, which comes on top',
    soak_oldest_s: 'largest age of the oldest row',
    soak_behind_ms: 'how far the newest row that others can read lies behind, at most',
    soak_behind_growth_ms: 'growth of that',
    soak_clock_off_ms: 'difference of the last call by the program’s clock and by the recording’s',
  },
};

const live: Section = {
  title: 'Subscriptions and watches',
  benches: ['live', 'live-cost', 'live-healthy', 'live-benign'],
  before: [
    '`live` is what a subscription to a tracepoint costs the program that hits it. `live-cost` is what both watches cost together beside a program that makes 100,000 system calls and sends 50,000 datagrams a second, in turns with the same program unwatched.',
  ],
  after: [],
  figures: {
    live_filtered_ns: 'added to an event that one test filters out',
    live_filtered_4_tests_ns: 'the same with four tests',
    live_limited_ns: 'added to an event beyond the limit of its rate',
    live_delivered_ns: 'added to an event that is delivered',
    live_empty_program_ns: 'added by a program at the same place that does nothing',
    live_filtered_over_empty_ns: 'the first, without that',
    live_delivered_over_empty_ns: 'the one that is delivered, without that',
    live_subscribe_ms: 'from a request to its subscription',
    live_event_to_answer_p95_ms: 'from an event to the answer of who waits for it, 95 of 100',
    live_cost_percent: 'of one core, both watches: kernel and watcher',
    live_cost_kernel_percent: 'of that, what the program takes longer',
    live_cost_watcher_percent: 'of that, CPU time of the watcher',
    live_cost_call_ns: 'added to one system call',
    live_cost_packet_ns: 'added to one datagram',
    live_healthy_alerts: 'alerts of the network watch in ten minutes of healthy traffic',
    live_benign_high_alerts: 'alerts of severity high or worse in rounds of benign work',
  },
};

/** In the order of the document. */
export const sections: readonly Section[] = [
  calls,
  price,
  path,
  start,
  answers,
  idle,
  sched,
  stacks,
  largeHost,
  soak,
  live,
];
