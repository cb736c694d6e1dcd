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
  'Every number here was printed by `npm run bench`, one JSON line a figure: median of the runs, smallest, largest, goal. `npm run bench -- calls` runs one bench, `npm run bench -- --write calls` also keeps its figures in `docs/figures/` and makes this page anew.',
  'Conditions that are compared take turns within one run (A B A B, in another order each turn), so what else the machine does falls on all alike. A percentage stands beside the rate at which it was measured: half of the rate is half of the cost.',
];

const calls: Section = {
  title: 'What timing a call costs the program that makes it',
  benches: ['calls', 'call-cost'],
  before: [
    'A program calls `cudaLaunchKernel` of a library that does nothing, with so much work between calls as makes the rate. It runs on a CPU of its own; the tracers come and go, each after an untraced stretch of the same program, and run on the others. A cost is the CPU time of the fastest tenth of the rounds, less that of the untraced stretch before it.',
    '`bare` is two programs that do nothing, at the entry and the return of the same function: what any tracer pays. `recorded` is `whytrace record` with stacks, `no stacks` is `--sample-hz 0`. `bpftrace` times the same calls and prints a line of each into a file (`bench/calls.bt`); `plain` is the same as it is usually written with libbpf: a hash map, a ring buffer, a wake-up of the reader for each event (`bench/calls-plain.c`). `lost` is the share of calls of which a tracer kept nothing.',
  ],
  after: [],
  figures: {
    call_cost_vs_bare: 'what a recorded call costs, against the bare probes',
    call_cost_no_stacks_vs_bare: 'the same without stacks',
    call_cost_vs_bpftrace: 'the same against bpftrace',
    call_cost_vs_plain_libbpf: 'the same against a tracer as it is usually written',
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
      '| instruction | what the kernel does | class | about |',
      '| --- | --- | --- | --- |',
      '| `nop` of 5 bytes | becomes a call into the kernel, without a trap (Linux 6.18) | `nop5` | 0.18 us |',
      '| other `nop` | skips it: of 1 byte always, of up to 8 bytes since 6.18, of any form since 6.19 | `nop` | 0.40 us |',
      '| `push` of a register | does it | `push` | 0.41 us |',
      '| relative jump or call | does it | `branch` | 0.42 us |',
      '| anything else (`endbr64`, `sub`, `mov`, ...) | steps over a copy of it with a second trap | `single_step` | 14 to 16 us on a virtual machine, 0.9 us on bare metal |',
    ].join('\n'),
    'So the probes are not always placed on a function’s first byte but on the cheapest instruction that is as good: all before it leave arguments, stack pointer and memory alone, and no jump leads to it or to anything it passed over ([0024](../decisions/0024-cheapest-probe-site.md)). Most often that is the `push` after an `endbr64`. `whytrace doctor` says where the probes of this machine’s CUDA libraries would sit, the summary of `record` and the column `library.sites` where they sat.',
    'Of a process that is not recorded but uses a probed library, each call costs the entry only (Linux 6.13 and later; before, the return too). Off-CPU intervals cost two short programs on each context switch of the machine; of tasks that are not recorded they only write a record into memory.',
    'The recorder itself is one process. When it gets too little CPU, the rings fill, events are counted as lost, and totals stay exact.',
  ],
  after: [],
  figures: {},
};

const path: Section = {
  title: 'From the ring to the file, and from the file to an answer',
  benches: ['capture-rate', 'ingest', 'ready-time', 'mcp-start', 'stats-time', 'scale', 'scale-50m', 'idle'],
  before: [
    'The busy program used one CPU: 350,000 runtime calls a second, of which 44 % call the driver, which is probed too.',
  ],
  after: [
    'A row is that small because arguments are kept once for each distinct set. A program whose every call has other arguments (300,000 fills of distinct pointers and sizes) came to 68 bytes a call, and the recorder to 364 MB of memory.',
  ],
  figures: {
    recorded_calls_per_second: 'calls that one busy program makes and that all become rows',
    lost_events: 'events lost in those runs',
    recorder_cpu_per_event: 'CPU time of the recorder, from the ring to SQLite',
    bytes_per_row: 'size of the file for each row',
    record_ready: 'from the start of `record` until all probes are in place',
    ready_ms: 'from the start of `record` until all probes are in place',
    mcp_first_tools_list: 'from the start of `mcp` to the answer of its first `tools/list`',
    get_trace_stats: 'the answer on a recording of 10 million rows',
    get_causal_chains: 'the answer on the same recording',
    ask_get_trace_stats_whole_process: 'the same from the shell, program start included',
    ingest_events_per_s: 'events a second from the ring to SQLite on one core, none lost',
    ingest_vs_raw_inserts: 'the same against inserting the same rows with nothing around it',
    ingest_cpu_ns_per_event: 'CPU time of one event from the ring to the sealed file, on a ring made for it',
    ingest_lost: 'events lost in those runs',
    ingest_bytes_per_row: 'size of the sealed file for each row',
    first_answer_ms: 'from the start of `record` until `ask get_trace_stats` has answered about it',
    timeline_busy_thread_10m_ms: '`get_timeline` of a thread with very many waits, on the same',
    answers_10m_memory_mb: 'memory of the process that gave all answers about it',
    stats_10m_ms: '`get_trace_stats` on 10 million rows',
    chains_10m_ms: '`get_causal_chains` on 10 million rows',
    timeline_10m_ms: '`get_timeline` on 10 million rows',
    idle_cpu_pct: 'of one core, while the tracked process sleeps and others switch',
    idle_rss_mb: 'memory of the recorder then',
  },
};

const sched: Section = {
  title: 'What watching the scheduler costs',
  benches: ['sched'],
  before: [
    'Two threads, or two processes, pass a byte to and fro on one CPU at 100,000 switches a second; each switch has one wake-up. Nothing, a recording of them, a recording of something else, and bpftrace (`bench/offcpu.bt`) take turns while the same two go on. The recorder runs on the other CPU. A cost is the CPU time of the fastest twentieth of the rounds, less that of the untraced rounds of the same turn. Turns in which another tracer was on the machine are made again.',
  ],
  after: [
    'The untraced pair took 2,895 ns. The goals in ns were set on a machine where it took 972 ns, on which 350 ns is 36 % of it and 150 ns is 15.4 %: that is where the goals for the shares come from. Two programs that do nothing cost more than 150 ns here, so that goal is out of reach of any tracer of both events on this machine. Of what ours cost on top of the empty ones, the two readings of the clock are nearly half ([0010](../decisions/0010-flight-recorder.md) says what was tried).',
    'What the recorder remembers of processes and threads that have ended is bounded (the last 256 with their names of functions, 50,000 with their rows, 100,000 distinct threads, files and circumstances each). Until then it remembers about 315 bytes for each process. The kernel side has tables of fixed size, 32,768 tasks in 8 MiB, and storage that goes away with its task for those that do not fit.',
    'The two tools watch the same run, and off-CPU time is summed over each thread’s life. Threads for which bpftrace itself found a switch missing are left out of the largest difference: 8 of 27 on all CPUs, where they differ by up to 1.06 %, and none on one CPU. Why some switches reach no tracepoint program is not known; `record` infers such a switch from the run time of the next task.',
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
    'A sample takes about 5 us of native code and 12 us with 20 frames of Python. Only two threads run at a time on two CPUs: sixteen that each have a CPU would take eight times as much (0.8 %), which was not measured. Threads that wait thousands of times a second for something that takes milliseconds (16 threads of Python at its lock) cost the recorder up to 10 % of a CPU more than without stacks in their first seconds, and about 4 % after that.',
  ],
  figures: {
    stack_cost_per_call_ns: 'added to a recorded call',
    sample_cost_pct: 'of one CPU, in the kernel, for 99 samples a second of each CPU while 16 threads compute',
    sample_cost_of_16_running_pct: 'the same as if each of the threads had a CPU to itself: computed',
    sample_recorder_pct: 'of one CPU, in the recorder, for the same',
    symbol_memory_mb: 'what the symbols of a program of 127 MB take',
  },
};

/** In the order of the document. */
export const sections: readonly Section[] = [calls, price, path, sched, stacks];
