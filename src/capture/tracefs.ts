// Finds the numbers of tracepoints. Where tracefs is not mounted it is opened without mounting it anywhere, so that
// nothing on the machine changes.
import { closeSync, readFileSync } from 'node:fs';
import type { System } from './libbpf.ts';

const PLACES = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];

const fileIn = (folder: string, name: string, file: string): string | undefined => {
  try {
    return readFileSync(`${folder}/events/${name}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
};

/** A file of a tracepoint such as "skb/kfree_skb"; undefined when this kernel has no such tracepoint. */
export const tracepointFile = (system: System, name: string, file: 'id' | 'format'): string | undefined => {
  for (const folder of PLACES) {
    const text = fileIn(folder, name, file);
    if (text !== undefined) return text;
  }
  const mounted = system.mountDetached('tracefs');
  if (mounted < 0) return undefined;
  try {
    return fileIn(`/proc/self/fd/${mounted}`, name, file);
  } finally {
    closeSync(mounted);
  }
};

/** The id of a tracepoint such as "syscalls/sys_exit_mmap"; undefined when this kernel has no such tracepoint. */
export const tracepointId = (system: System, name: string): number | undefined => {
  const id = tracepointFile(system, name, 'id');
  return id === undefined ? undefined : Number(id);
};
