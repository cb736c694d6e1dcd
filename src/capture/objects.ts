// The objects of the kernel side (bpf/NAME.bpf.c), in the order in which they are loaded: the first refer to no maps of
// others, the rest to those of objects before them only. Data only: it is compiled by this list too.

export const objects = [
  'process',
  'library',
  'call',
  'tasks',
  'wake',
  'sched',
  'handler',
  'block',
  'memory',
  'message',
  'sample',
] as const;

/** What the watches load, and a recording does not. */
export const watchObjects = ['look', 'guard', 'net'] as const;
