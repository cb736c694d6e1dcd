// What the rules and guards of the security watch cannot see on the running kernel, although each of them is in place.
import { existsSync, readFileSync } from 'node:fs';

type Blind = { readonly rule: string; readonly event: string; readonly why: string };

/** Of 1 on no process without rights can set io_uring up, of 2 on nobody: Documentation/admin-guide/sysctl/kernel.rst. */
const NOBODY_MAY = '2';

const settingOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
};

/**
 * Ways round system calls that this kernel has. `has`: whether it has a tracepoint; `root`: where /proc lies. The kernel
 * has no tracepoints for system calls of 32-bit programs (ARCH_TRACE_IGNORE_COMPAT_SYSCALLS). Where it runs these, x86 has
 * abi.vsyscall32 (CONFIG_COMPAT_32), and arm64 says so among the features of its processors (Documentation/arch/arm64/elf_hwcaps.rst).
 */
export const notSeen = (has: (event: string) => boolean, root = '/proc'): readonly Blind[] => {
  const runs32 =
    existsSync(`${root}/sys/abi/vsyscall32`) || / (?:32bit|aarch32|a32)\b/i.test(settingOf(`${root}/cpuinfo`) ?? '');
  const hasRings =
    has('syscalls:sys_enter_io_uring_setup') && settingOf(`${root}/sys/kernel/io_uring_disabled`) !== NOBODY_MAY;
  return [
    ...(runs32
      ? [
          {
            rule: 'all rules of system calls and files',
            event: '32-bit system calls',
            why: 'this kernel has no events for them; a 32-bit program that begins is told as unwatched_entry, a 64-bit one that makes them is not',
          },
        ]
      : []),
    ...(hasRings
      ? [
          {
            rule: 'all rules of system calls and files',
            event: 'io_uring',
            why: 'requests through it are no system calls; who sets it up is told as io_uring, who changes files by it as io_uring_files',
          },
        ]
      : []),
  ];
};
