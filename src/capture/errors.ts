// What can go wrong while capturing, in the words the user sees.
import { defineError } from '../base/errors.ts';

export const errors = {
  noLibbpf: defineError('no_libbpf', ({ why }: { why: string }) => ({
    what: 'cannot load libbpf.so.1',
    why,
    todo: 'install it: apt install libbpf1 (Debian, Ubuntu) or dnf install libbpf (Fedora)',
  })),
  noPrivilege: defineError('no_privilege', ({ doing }: { doing: string }) => ({
    what: `cannot ${doing}`,
    why: 'tracing with eBPF needs root, or the capabilities CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE',
    todo: "run it with sudo; 'whytrace doctor' tells what else is missing",
  })),
  noBtf: defineError('no_btf', (_: Record<string, never>) => ({
    what: 'cannot read /sys/kernel/btf/vmlinux',
    why: 'the kernel was built without CONFIG_DEBUG_INFO_BTF',
    todo: 'boot a kernel with BTF: those of current distributions have it',
  })),
  kernelTooOld: defineError('kernel_too_old', ({ running, oldest }: { running: string; oldest: string }) => ({
    what: `cannot trace on Linux ${running}`,
    why: `attach cookies and typed access to tasks, which the kernel side is made of, came with Linux ${oldest}`,
    todo: `boot a kernel of version ${oldest} or later`,
  })),
  loadFailed: defineError('bpf_load_failed', ({ object, why }: { object: string; why: string }) => ({
    what: `the kernel refused the program ${object}`,
    why,
    todo: "run 'whytrace doctor': it tells which feature of the kernel is missing",
  })),
  objectMissing: defineError('bpf_object_missing', ({ path }: { path: string }) => ({
    what: `cannot open ${path}`,
    why: 'the compiled kernel side is missing from this installation',
    todo: "install whytrace again, or build it with 'npm run bpf'",
  })),
  noProcess: defineError('no_such_process', ({ pid }: { pid: number }) => ({
    what: `cannot trace pid ${pid}`,
    why: 'there is no such process',
    todo: 'check the pid; it may have ended',
  })),
  commandFailed: defineError('command_failed', ({ command, why }: { command: string; why: string }) => ({
    what: `cannot start ${command}`,
    why,
    todo: 'check the name and the PATH',
  })),
} as const;
