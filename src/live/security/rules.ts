// The rules of the security watch that need no more than the arguments of system calls and tracepoints, by value. Numbers of
// requests and flags: linux/ptrace.h, linux/sched.h, linux/bpf.h, asm-generic/mman-common.h, linux/socket.h.
import type { LiveEvent } from '../../capture/live/decode.ts';
import { type Around, allow, type Judgement, type Rule } from './rule.ts';

const CLONE_NEWUSER = 0x1000_0000;
const MINING_PORTS = [3333, 4444, 5555, 7777, 9999, 14_444, 45_700];
/** linux/io_uring.h: openat, openat2, renameat, unlinkat, mkdirat, symlinkat, linkat, ftruncate. */
const FILE_REQUESTS = [18, 28, 35, 36, 37, 38, 39, 55];

/** What is done to another process; of a child of one's own it gains little, and is what debuggers and tracers do. */
const toProcess = (
  { pid, values }: LiveEvent,
  { descends, sharesNumbers }: Around,
  facts: Judgement['facts'] = {},
): Judgement => {
  const target = values.pid;
  // Nothing outside its own namespace can be meant.
  if (!sharesNumbers(pid)) return { severity: 'medium', facts: { target_pid_in_namespace: target ?? null, ...facts } };
  const isOwnChild = typeof target === 'number' && descends(target, pid);
  return {
    ...(isOwnChild ? { severity: 'low' as const } : {}),
    facts: { target_pid: target ?? null, target_is: isOwnChild ? 'a child of its own' : 'another process', ...facts },
  };
};

export const rules: readonly Rule[] = [
  {
    id: 'ptrace_attach',
    title: 'attached itself to another process with ptrace',
    severity: 'high',
    technique: 'T1055.008',
    benign: `debuggers and tracers do (gdb, strace, rr), mostly to their own children, which is told as low; ${allow('ptrace_attach')}`,
    events: ['syscalls:sys_enter_ptrace where request == 16 or request == 0x4206'],
    judge: (event, around) => toProcess(event, around, { request: event.values.request ?? null }),
  },
  {
    id: 'ptrace_write',
    title: 'wrote into another process with ptrace',
    severity: 'high',
    technique: 'T1055.008',
    benign: `debuggers set breakpoints so; ${allow('ptrace_write')}`,
    events: ['syscalls:sys_enter_ptrace where request == 4 or request == 5'],
    judge: (event, around) => toProcess(event, around),
  },
  {
    id: 'process_vm_write',
    title: "wrote into another process's memory",
    severity: 'high',
    technique: 'T1055',
    benign: `debuggers and checkpointing do; ${allow('process_vm_write')}`,
    events: ['syscalls:sys_enter_process_vm_writev'],
    judge: (event, around) => (event.values.pid === event.pid ? undefined : toProcess(event, around)),
  },
  {
    id: 'pidfd_getfd',
    title: 'took an open file from another process',
    severity: 'high',
    technique: 'T1563',
    benign: `container runtimes do; ${allow('pidfd_getfd')}`,
    events: ['syscalls:sys_enter_pidfd_getfd'],
    judge: ({ values }) => ({ facts: { target_fd: values.fd ?? null } }),
  },
  {
    id: 'user_namespace',
    title: 'made a user namespace, in which it is root',
    severity: 'medium',
    technique: 'T1611',
    benign: `browsers, bubblewrap and rootless containers do; ${allow('user_namespace')}`,
    events: [
      `syscalls:sys_enter_unshare where unshare_flags & ${CLONE_NEWUSER}`,
      `task:task_newtask where clone_flags & ${CLONE_NEWUSER}`,
    ],
  },
  {
    id: 'setns',
    title: "entered another process's namespace",
    severity: 'medium',
    technique: 'T1611',
    benign: `nsenter, ip netns and container tools do; ${allow('setns')}`,
    events: ['syscalls:sys_enter_setns'],
    judge: ({ values }) => ({ facts: { namespace_type: values.flags ?? values.nstype ?? null } }),
  },
  {
    id: 'mount',
    title: 'mounted a file system',
    severity: 'low',
    technique: 'T1611',
    benign: `systemd, snap and container tools do; ${allow('mount')}`,
    events: ['syscalls:sys_enter_mount', 'syscalls:sys_enter_move_mount', 'syscalls:sys_enter_fsmount'],
    judge: ({ values }) => ({ facts: { flags: values.flags ?? null } }),
  },
  {
    id: 'change_root',
    title: 'changed its root directory',
    severity: 'medium',
    technique: 'T1611',
    benign: `package and build tools do; ${allow('change_root')}`,
    events: ['syscalls:sys_enter_chroot', 'syscalls:sys_enter_pivot_root'],
  },
  {
    id: 'open_by_handle',
    title: 'opened a file by its handle, which goes round directories',
    severity: 'high',
    technique: 'T1611',
    benign: `backup tools and NFS servers do; ${allow('open_by_handle')}`,
    events: ['syscalls:sys_enter_open_by_handle_at'],
  },
  {
    id: 'setuid_root',
    title: 'asked to become root',
    severity: 'high',
    technique: 'T1548',
    benign: `su, sudo and daemons that change users do; ${allow('setuid_root')}`,
    events: [
      'syscalls:sys_enter_setuid where uid == 0',
      'syscalls:sys_enter_setreuid where ruid == 0 or euid == 0',
      'syscalls:sys_enter_setresuid where ruid == 0 or euid == 0 or suid == 0',
    ],
    // Root that stays root gains nothing.
    judge: ({ uid }) => ({ ...(uid === 0 ? { severity: 'info' as const } : {}), facts: { uid } }),
  },
  {
    id: 'capset',
    title: 'changed its capabilities',
    severity: 'low',
    technique: 'T1548',
    benign: `container runtimes and services that drop privileges do; ${allow('capset')}`,
    events: ['syscalls:sys_enter_capset'],
  },
  {
    id: 'bpf_load',
    title: 'loaded an eBPF program',
    severity: 'medium',
    technique: 'T1014',
    benign: `systemd, bpftool, cilium and tracers do; ${allow('bpf_load')}`,
    events: ['syscalls:sys_enter_bpf where cmd == 5'],
  },
  {
    id: 'bpf_look',
    title: 'looked at eBPF programs or maps of others',
    severity: 'info',
    technique: 'T1014',
    benign: `bpftool and monitoring do; ${allow('bpf_look')}`,
    events: ['syscalls:sys_enter_bpf where cmd == 11 or cmd == 13'],
  },
  {
    id: 'perf_event',
    title: 'opened a performance counter',
    severity: 'info',
    technique: 'T1068',
    benign: `perf and profilers do; ${allow('perf_event')}`,
    events: ['syscalls:sys_enter_perf_event_open'],
  },
  {
    id: 'userfaultfd',
    title: 'asked to handle page faults itself',
    severity: 'medium',
    technique: 'T1068',
    benign: `QEMU, CRIU and some garbage collectors do; ${allow('userfaultfd')}`,
    events: ['syscalls:sys_enter_userfaultfd'],
  },
  {
    id: 'write_execute_memory',
    title: 'made memory writable and executable at once',
    severity: 'low',
    technique: 'T1055',
    benign: `compilers at run time do (node, java, .NET, LuaJIT); ${allow('write_execute_memory')}`,
    events: ['syscalls:sys_enter_mprotect where prot & 2 and prot & 4'],
  },
  {
    id: 'raw_socket',
    title: 'opened a socket that sees packets of others',
    severity: 'high',
    technique: 'T1040',
    benign: `tcpdump, ping and DHCP clients do; ${allow('raw_socket')}`,
    events: [
      'syscalls:sys_enter_socket where family == 17',
      // SOCK_RAW is 3, and the only type with both bits; netlink sockets are raw by habit.
      'syscalls:sys_enter_socket where type & 1 and type & 2 and family != 16 and family != 17',
    ],
    judge: ({ values }) => ({ facts: { family: values.family ?? null, type: values.type ?? null } }),
  },
  {
    id: 'mass_rename',
    title: 'renamed many files in a second',
    severity: 'low',
    technique: 'T1486',
    benign: `git, package managers and archivers do; ${allow('mass_rename')}`,
    events: ['syscalls:sys_enter_rename', 'syscalls:sys_enter_renameat', 'syscalls:sys_enter_renameat2'],
    perSecond: 20,
  },
  {
    id: 'mining_port',
    title: 'connected to a port that miners of currencies use',
    severity: 'medium',
    technique: 'T1496',
    benign: `other programs use these ports as well; ${allow('mining_port')}`,
    events: [
      `sock:inet_sock_set_state where newstate == TCP_SYN_SENT and (${MINING_PORTS.map((port) => `dport == ${port}`).join(' or ')})`,
    ],
    judge: ({ values }) => ({ facts: { address: values.daddr ?? null, port: values.dport ?? null } }),
  },
  {
    id: 'io_uring',
    title: 'set up io_uring, whose requests go round system calls',
    severity: 'info',
    technique: 'T1562',
    benign: `databases and node do; ${allow('io_uring')}`,
    events: ['syscalls:sys_enter_io_uring_setup'],
  },
  {
    id: 'io_uring_files',
    title: 'made, moved or removed files through io_uring, where no rule of files looks',
    severity: 'low',
    technique: 'T1562',
    benign: `databases and programs of libuv or liburing do; ${allow('io_uring_files')}`,
    // Those that the kernel hands to a worker: it does so with all that change folders, and with a file that is made or emptied.
    events: [
      `io_uring:io_uring_queue_async_work where ${FILE_REQUESTS.map((opcode) => `opcode == ${opcode}`).join(' or ')}`,
    ],
    judge: ({ values }) => ({ facts: { request: values.op_str ?? values.opcode ?? null } }),
  },
];

/** Rules that protect this program itself. */
export const ownRules = (pid: number): readonly Rule[] => [
  {
    id: 'recorder_killed',
    title: 'tried to end whytrace',
    severity: 'high',
    technique: 'T1562.001',
    benign: 'whoever runs whytrace may end it',
    events: [`signal:signal_generate where pid == ${pid} and (sig == 9 or sig == 15 or sig == 19)`],
    judge: ({ values }) => ({ facts: { signal: values.sig ?? null } }),
  },
  {
    id: 'recorder_traced',
    title: 'attached itself to whytrace',
    severity: 'critical',
    technique: 'T1562.001',
    benign: 'a developer who debugs whytrace does',
    events: [
      `syscalls:sys_enter_ptrace where pid == ${pid}`,
      `syscalls:sys_enter_process_vm_writev where pid == ${pid}`,
    ],
    judge: ({ pid: who, values }, { sharesNumbers }) =>
      sharesNumbers(who)
        ? {}
        : {
            severity: 'low',
            title: 'attached itself to a process that has the number of whytrace in another namespace',
            facts: { target_pid_in_namespace: values.pid ?? null },
          },
  },
  {
    id: 'recorder_probes',
    title: 'took hold of an eBPF link by its number: the probes of whytrace are among them',
    severity: 'medium',
    technique: 'T1562.001',
    benign: `bpftool does when it lists links; cilium and others replace their own; ${allow('recorder_probes')}`,
    events: ['syscalls:sys_enter_bpf where cmd == 30 or cmd == 29 or cmd == 34'],
    judge: ({ values }) => ({
      ...(values.cmd === 34 ? { severity: 'high' as const, title: 'detached an eBPF probe' } : {}),
      facts: { command: values.cmd ?? null },
    }),
  },
];
