// Which of the needed capabilities this process has, from /proc/self/status (bits of linux/capability.h).
import { readFileSync } from 'node:fs';

export const CAPABILITIES = {
  CAP_DAC_READ_SEARCH: 2,
  CAP_KILL: 5,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_SETPCAP: 8,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_NICE: 23,
  CAP_SYS_RESOURCE: 24,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
  CAP_CHECKPOINT_RESTORE: 40,
} as const;
export type Capability = keyof typeof CAPABILITIES;
export const isCapability = (name: string): name is Capability => Object.hasOwn(CAPABILITIES, name);

/** Whether this process has a capability in effect now. */
export const hasCapability = (name: Capability): boolean => {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> BigInt(CAPABILITIES[name])) & 1n) === 1n;
};

/** Whether this process may load and attach eBPF programs. */
export const mayTrace = (): boolean =>
  hasCapability('CAP_SYS_ADMIN') || (hasCapability('CAP_BPF') && hasCapability('CAP_PERFMON'));
