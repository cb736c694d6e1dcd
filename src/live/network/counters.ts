// The kernel's own counters of a network namespace, for what raises no event: a full accept queue, a closed window.
// Format: /proc/PID/net/netstat, pairs of lines "GROUP: NAMES" and "GROUP: VALUES".
import { readFileSync } from 'node:fs';

export type Counters = ReadonlyMap<string, number>;

/** Counters by name, as TcpExt.ListenOverflows. */
export const parseCounters = (text: string): Counters => {
  const counters = new Map<string, number>();
  const lines = text.split('\n');
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [group = '', ...names] = (lines[i] ?? '').split(' ');
    const [same, ...values] = (lines[i + 1] ?? '').split(' ');
    if (group === '' || group !== same) continue;
    for (const [at, name] of names.entries()) counters.set(`${group.slice(0, -1)}.${name}`, Number(values[at]));
  }
  return counters;
};

/** Counters of the namespace of a process; undefined when it is gone. */
export const readCounters = (pid: number): Counters | undefined => {
  try {
    return parseCounters(readFileSync(`/proc/${pid}/net/netstat`, 'utf8'));
  } catch {
    return undefined;
  }
};
