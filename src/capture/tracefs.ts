// Finds the numbers of tracepoints. Where tracefs is not mounted it is opened without mounting it anywhere, so that
// nothing on the machine changes.
import { readFileSync } from 'node:fs';
import type { System } from './libbpf.ts';

const PLACES = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];

const idIn = (folder: string, name: string): number | undefined => {
  try {
    return Number(readFileSync(`${folder}/events/${name}/id`, 'utf8'));
  } catch {
    return undefined;
  }
};

/** The id of a tracepoint such as "syscalls/sys_exit_mmap"; undefined when this kernel has no such tracepoint. */
export const tracepointId = (system: System, name: string): number | undefined => {
  for (const folder of PLACES) {
    const id = idIn(folder, name);
    if (id !== undefined) return id;
  }
  const mounted = system.mountDetached('tracefs');
  return mounted < 0 ? undefined : idIn(`/proc/self/fd/${mounted}`, name);
};
