// What newer kernels tell beyond what is required, and what is still had of older ones. Data only: whether the running
// kernel has it, capture finds out.

export type About = {
  /** The first kernel that has it. */
  readonly since: string;
  /** A name that the kernel's types have only with it; without one the version decides. */
  readonly marker?: string;
  readonly why: string;
  /** What is still had without it. */
  readonly without: string;
};
/** By name. A recording names those that its kernel lacked. */
export const abilities = {
  prev_state: {
    since: '5.18',
    why: 'the kernel itself says in what state a thread left its CPU',
    without:
      'the state is read from the thread, which can be a moment late: a wait may be taken for another kind of sleep',
  },
  typed_reads: {
    since: '6.2',
    marker: 'bpf_rdonly_cast',
    why: 'members of kernel structs are read without a call',
    without: 'each costs a call: a switch of a thread that waits for a file costs it some 200 ns more',
  },
  uprobe_multi: {
    since: '6.6',
    marker: 'BPF_TRACE_UPROBE_MULTI',
    why: 'many uprobes are attached and detached together',
    without: 'each has a link of its own, and ending a recording takes about 0.1 s a probe',
  },
  uprobe_session: {
    since: '6.13',
    marker: 'BPF_TRACE_UPROBE_SESSION',
    why: 'one program sees both ends of a call, and of a process that is not recorded no return is probed',
    without: 'every process that uses a probed library pays for the return of each call as well, recorded or not',
  },
  throttled: {
    since: '6.18',
    marker: 'sched_throttle_work',
    why: 'the kernel itself says that a thread is out of CPU quota',
    without:
      'a thread counts as out of quota when the quota of its group is used up as it stops running, and not when it was ready and without a CPU already: grade B',
  },
} as const satisfies Readonly<Record<string, About>>;
export type Ability = keyof typeof abilities;
