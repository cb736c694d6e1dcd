// The kinds of cause that an explanation may name: a contract with every reader of an answer.

export const rootKinds = {
  on_cpu: 'the thread itself was running',
  runnable: 'it was ready to run and waited for a CPU; the culprit is who ran instead',
  throttled: 'its group had used up its CPU quota',
  lock: 'it waited in futex(2): a mutex, a condition variable or another lock',
  gil: 'it waited for the global interpreter lock of Python',
  sleep: 'its own timer: a sleep or a wait that ran into its time-out',
  ipc: 'it waited for another process through a pipe, a UNIX socket or shared memory',
  child: 'it waited for a child process',
  block_io: 'it waited for a block device',
  writeback: 'it waited until dirty data was written back',
  page_fault: 'it waited for a page of memory to be read in',
  reclaim: 'it had to free memory before it got some',
  oom: 'the kernel killed for lack of memory',
  network: 'it waited for the network',
  signal: 'it was stopped or waited for a signal',
  irq: 'an interrupt handler used its CPU',
  gpu_wait: 'it waited for work of the GPU',
  gpu_memory: 'it waited for the allocator of the GPU',
  first_call: 'the first use of something: lazy loading or compilation',
  observer: 'the load of whytrace itself',
  unknown: 'not known from what was recorded',
} as const;

export type RootKind = keyof typeof rootKinds;
export const isRootKind = (text: string): text is RootKind => text in rootKinds;
