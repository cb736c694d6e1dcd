// Events that happen all the time on every machine: to watch one takes a condition or a sample.

const CATEGORIES: ReadonlySet<string> = new Set([
  'exceptions',
  'hrtimer',
  'ipi',
  'irq',
  'irq_vectors',
  'kmem',
  'kvm',
  'lock',
  'msr',
  'napi',
  'percpu',
  'raw_syscalls',
  'rcu',
  'timer',
  'x86_fpu',
]);
const NAMES =
  /^(sched:sched_(switch|waking|wakeup|stat_\w+|migrate_task|entry_tp|exit_tp|set_need_resched_tp)|net:\w+|skb:(consume_skb|kfree_skb|skb_copy_datagram_iovec)|syscalls:sys_(enter|exit)_(read|write|readv|writev|pread64|pwrite64|futex|epoll_wait|epoll_pwait|poll|ppoll|recvfrom|recvmsg|sendto|sendmsg|ioctl|clock_nanosleep|sched_yield|madvise|mmap|munmap|mprotect)|workqueue:\w+|block:block_(touch|dirty)_buffer|writeback:(folio|writeback_dirty)\w+|mmap:\w+|tlb:\w+|power:cpu_\w+|cpuhp:\w+)$/;

/** Whether an event is one of them. */
export const isHot = (event: string): boolean =>
  CATEGORIES.has(event.slice(0, event.indexOf(':'))) || NAMES.test(event);
