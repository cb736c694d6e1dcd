// What the machine is that figures are measured on, without naming it: neither its name nor its address, nor who runs it.
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

export type Machine = {
  readonly cpus: number;
  readonly cpu: string;
  /** Whether it is a virtual one: there, single-stepping and reading the clock are dearer. */
  readonly virtual: boolean;
  readonly memory_gib: number;
  /** Version without what its builder added. */
  readonly kernel: string;
  readonly arch: string;
  readonly node: string;
};

const isVirtual = (): boolean => {
  try {
    return /^flags\s*:.*\bhypervisor\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false;
  }
};

/** This machine. */
export const machine = (): Machine => ({
  cpus: cpus().length,
  cpu: (cpus()[0]?.model ?? 'unknown').replace(/\s+/g, ' ').trim(),
  virtual: isVirtual(),
  memory_gib: Math.round(totalmem() / 2 ** 30),
  kernel: /^\d+\.\d+/.exec(release())?.[0] ?? release(),
  arch: process.arch,
  node: process.versions.node.split('.')[0] ?? '',
});
