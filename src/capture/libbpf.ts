// The one door to koffi: libbpf and the few system calls that Node does not offer. A wrong pointer here ends the
// process, so pointers stay inside this file's functions or behind branded types, and who gives a mapping back reads it no more.
import koffi from 'koffi';
import { messageOf } from '../base/errors.ts';
import { errors } from './errors.ts';

declare const brand: unique symbol;
type Pointer<Name extends string> = bigint & { readonly [brand]: Name };
export type BpfObject = Pointer<'bpf_object'>;
export type BpfMap = Pointer<'bpf_map'>;
export type BpfProgram = Pointer<'bpf_program'>;
export type BpfLink = Pointer<'bpf_link'>;
export type Address = Pointer<'address'>;

const open = (name: string): ReturnType<typeof koffi.load> => {
  try {
    return koffi.load(name);
  } catch (thrown) {
    throw errors.noLibbpf({ why: messageOf(thrown) }, thrown);
  }
};

/** The system's error number after a failed call. */
export const errno = (): number => koffi.errno();
const errnoNames = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]));
/** Its name, such as EPERM. */
export const errnoName = (number: number): string => errnoNames.get(number) ?? `errno ${number}`;

// struct bpf_object_open_opts and struct bpf_uprobe_opts of libbpf 1.1 (libbpf.h); `sz` tells the library how much we know.
koffi.struct('bpf_object_open_opts', {
  sz: 'size_t',
  object_name: 'const char *',
  relaxed_maps: 'bool',
  pin_root_path: 'const char *',
  unused: 'uint32_t',
  kconfig: 'const char *',
  btf_custom_path: 'const char *',
  kernel_log_buf: 'uint8_t *',
  kernel_log_size: 'size_t',
  kernel_log_level: 'uint32_t',
});
koffi.struct('bpf_uprobe_opts', {
  sz: 'size_t',
  ref_ctr_offset: 'size_t',
  bpf_cookie: 'uint64_t',
  retprobe: 'bool',
  func_name: 'const char *',
});

// union bpf_attr of linux/bpf.h, as BPF_LINK_CREATE reads it for many uprobes at once (kernel 6.6; libbpf 1.1 lacks it).
const uprobesAttributes = koffi.struct('bpf_link_create_uprobe_multi', {
  prog_fd: 'uint32_t',
  target_fd: 'uint32_t',
  attach_type: 'uint32_t',
  link_flags: 'uint32_t',
  path: 'const char *',
  offsets: 'uint64_t *',
  ref_ctr_offsets: 'uint64_t *',
  cookies: 'uint64_t *',
  cnt: 'uint32_t',
  flags: 'uint32_t',
  pid: 'uint32_t',
  unused: 'uint32_t',
});
/** struct perf_event_attr of linux/perf_event.h up to config2, as the kernel's uprobes read it. */
const uprobeAttributes = koffi.struct('perf_event_attr_uprobe', {
  ...{ type: 'uint32_t', size: 'uint32_t', config: 'uint64_t', unused: koffi.array('uint64_t', 5) },
  ...{ path: 'const char *', offset: 'uint64_t' },
});
const BPF_LINK_CREATE = 28;
const BPF_TRACE_UPROBE_MULTI = 48;
const BPF_TRACE_UPROBE_SESSION = 57;
const BPF_F_UPROBE_MULTI_RETURN = 1;
const BPF_PROG_TYPE_KPROBE = 2;
const BPF_PROG_TYPE_TRACEPOINT = 5;
const BPF_PERF_EVENT = 41;

export type OpenOptions = { readonly kernelLog: Uint8Array };
export type UprobeOptions = { readonly cookie: number; readonly isReturn: boolean };
/** At what many uprobes of one link run their program: entries, returns, or both. */
export type UprobeUse = 'entry' | 'return' | 'session';

/** Loads libbpf. Throws a UserError when it is not installed. */
export const loadLibbpf = () => {
  const bpf = open('libbpf.so.1');
  const openFile: (path: string, options: object) => BpfObject | null = bpf.func(
    'void *bpf_object__open_file(const char *path, bpf_object_open_opts *opts)',
  );
  const attachUprobe: (
    program: BpfProgram,
    pid: number,
    path: string,
    offset: number,
    options: object,
  ) => BpfLink | null = bpf.func(
    'void *bpf_program__attach_uprobe_opts(void *prog, int pid, const char *path, size_t offset, bpf_uprobe_opts *opts)',
  );
  const destroyLink = bpf.func('int bpf_link__destroy(void *link)');
  const setPrint: (print: null) => void = bpf.func('void *libbpf_set_print(void *fn)');
  // Its own messages would go to stderr in its own words; what failed is told by us.
  setPrint(null);

  const load: (object: BpfObject) => number = bpf.func('int bpf_object__load(void *obj)');
  const close: (object: BpfObject) => void = bpf.func('void bpf_object__close(void *obj)');
  const findMap: (object: BpfObject, name: string) => BpfMap | null = bpf.func(
    'void *bpf_object__find_map_by_name(void *obj, const char *name)',
  );
  const findProgram: (object: BpfObject, name: string) => BpfProgram | null = bpf.func(
    'void *bpf_object__find_program_by_name(void *obj, const char *name)',
  );
  const mapFd: (map: BpfMap) => number = bpf.func('int bpf_map__fd(void *map)');
  const reuseFd: (map: BpfMap, fd: number) => number = bpf.func('int bpf_map__reuse_fd(void *map, int fd)');
  const setAutoload: (program: BpfProgram, autoload: boolean) => number = bpf.func(
    'int bpf_program__set_autoload(void *prog, bool autoload)',
  );
  const attachRawTracepoint: (program: BpfProgram, name: string) => BpfLink | null = bpf.func(
    'void *bpf_program__attach_raw_tracepoint(void *prog, const char *name)',
  );
  const attach: (program: BpfProgram) => BpfLink | null = bpf.func('void *bpf_program__attach(void *prog)');
  const attachIterator: (program: BpfProgram, options: null) => BpfLink | null = bpf.func(
    'void *bpf_program__attach_iter(void *prog, void *opts)',
  );
  const attachPerfEvent: (program: BpfProgram, fd: number) => BpfLink | null = bpf.func(
    'void *bpf_program__attach_perf_event(void *prog, int pfd)',
  );
  const linkFd: (link: BpfLink) => number = bpf.func('int bpf_link__fd(void *link)');
  const createIterator: (linkFd: number) => number = bpf.func('int bpf_iter_create(int link_fd)');
  const setMaxEntries: (map: BpfMap, entries: number) => number = bpf.func(
    'int bpf_map__set_max_entries(void *map, uint32_t max_entries)',
  );
  const setInitialValue: (map: BpfMap, value: Uint8Array, size: number) => number = bpf.func(
    'int bpf_map__set_initial_value(void *map, const void *data, size_t size)',
  );
  const createMap: (
    type: number,
    name: string,
    keySize: number,
    valueSize: number,
    entries: number,
    options: null,
  ) => number = bpf.func(
    'int bpf_map_create(int type, const char *name, uint32_t key_size, uint32_t value_size, uint32_t max_entries, void *opts)',
  );
  const update: (fd: number, key: Uint8Array, value: Uint8Array, flags: number) => number = bpf.func(
    'int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)',
  );
  const lookup: (fd: number, key: Uint8Array, value: Uint8Array) => number = bpf.func(
    'int bpf_map_lookup_elem(int fd, const void *key, _Out_ void *value)',
  );
  const remove: (fd: number, key: Uint8Array) => number = bpf.func('int bpf_map_delete_elem(int fd, const void *key)');
  const nextKey: (fd: number, key: Uint8Array | null, next: Uint8Array) => number = bpf.func(
    'int bpf_map_get_next_key(int fd, const void *key, _Out_ void *next_key)',
  );
  const programFd: (program: BpfProgram) => number = bpf.func('int bpf_program__fd(void *prog)');
  const setAttachType: (program: BpfProgram, type: number) => number = bpf.func(
    'int bpf_program__set_expected_attach_type(void *prog, int type)',
  );
  const loadProgram: (
    type: number,
    name: string,
    license: string,
    instructions: Uint8Array,
    count: number,
    options: null,
  ) => number = bpf.func(
    'int bpf_prog_load(int type, const char *name, const char *license, const void *insns, size_t count, void *opts)',
  );
  const createLink: (programFd: number, targetFd: number, type: number, options: null) => number = bpf.func(
    'int bpf_link_create(int prog_fd, int target_fd, int type, const void *opts)',
  );
  const possibleCpus: () => number = bpf.func('int libbpf_num_possible_cpus()');
  const version: () => string = bpf.func('const char *libbpf_version_string()');

  return {
    version,
    possibleCpus,
    load,
    close,
    findMap,
    findProgram,
    mapFd,
    reuseFd,
    setAutoload,
    /** Before loading: the program will be attached with `linkUprobes`. */
    prepareUprobes: (program: BpfProgram, links: 'multi' | 'session') =>
      setAttachType(program, links === 'session' ? BPF_TRACE_UPROBE_SESSION : BPF_TRACE_UPROBE_MULTI),
    programFd,
    attachRawTracepoint,
    attach,
    attachIterator: (program: BpfProgram) => attachIterator(program, null),
    /** Runs a program at each overflow of a perf event, whose descriptor then belongs to the link. */
    attachPerfEvent,
    linkFd,
    /** Loads instructions (8 bytes each) as a program of a tracepoint. Returns its descriptor. */
    loadTracepointProgram: (name: string, instructions: Uint8Array): number =>
      loadProgram(BPF_PROG_TYPE_TRACEPOINT, name, 'GPL', instructions, instructions.length / 8, null),
    /** The same for a program of uprobes. */
    loadProbeProgram: (name: string, instructions: Uint8Array): number =>
      loadProgram(BPF_PROG_TYPE_KPROBE, name, 'GPL', instructions, instructions.length / 8, null),
    /** Has a program run at a perf event, for as long as the returned descriptor is open (from Linux 5.15 on). */
    linkPerfEvent: (programFd: number, perfFd: number): number => createLink(programFd, perfFd, BPF_PERF_EVENT, null),
    createIterator,
    setMaxEntries,
    /** Before loading: the contents of an object's read-only data. */
    setInitialValue: (map: BpfMap, value: Uint8Array) => setInitialValue(map, value, value.length),
    createMap,
    update,
    lookup,
    remove,
    nextKey,
    openFile: (path: string, { kernelLog }: OpenOptions) =>
      openFile(path, {
        sz: koffi.sizeof('bpf_object_open_opts'),
        kernel_log_buf: kernelLog,
        kernel_log_size: kernelLog.length,
        kernel_log_level: 0,
      }),
    attachUprobe: (program: BpfProgram, path: string, offset: number, { cookie, isReturn }: UprobeOptions) =>
      attachUprobe(program, -1, path, offset, {
        sz: koffi.sizeof('bpf_uprobe_opts'),
        bpf_cookie: cookie,
        retprobe: isReturn,
      }),
    /** Detaches without blocking this thread: the kernel waits for a grace period of about 75 ms each. */
    destroyLink: (link: BpfLink) =>
      new Promise<void>((resolve) => {
        destroyLink.async(link, () => resolve());
      }),
  };
};
export type Libbpf = ReturnType<typeof loadLibbpf>;

/** System calls that Node does not offer. Each returns -1 on failure; see `errno`. */
export const loadSystem = () => {
  const libc = open('libc.so.6');
  const mmap: (
    at: bigint | null,
    length: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ) => Address | null = libc.func('void *mmap(void *addr, size_t length, int prot, int flags, int fd, int64_t offset)');
  const syscall: (...args: readonly (number | string | Uint8Array | null)[]) => number = libc.func(
    'long syscall(long number, ...)',
  );
  const bpfCommand: (number: number, command: number, attributes: object, size: number) => number = libc.func(
    'syscall',
    'long',
    ['long', 'long', koffi.pointer(uprobesAttributes), 'size_t'],
  );
  const uprobeArguments = ['long', koffi.pointer(uprobeAttributes), 'int', 'int', 'int', 'unsigned long'];
  const uprobeCommand: (...args: readonly (number | object)[]) => number = libc.func(
    'syscall',
    'long',
    uprobeArguments,
  );
  const close = libc.func('int close(int fd)');
  const munmap: (at: Address, length: number) => number = libc.func('int munmap(void *addr, size_t length)');
  const sysconf: (name: number) => number = libc.func('long sysconf(int name)');
  const trim: (keep: number) => number = libc.func('int malloc_trim(size_t pad)');
  return {
    pageSize: sysconf(_SC_PAGESIZE),
    /** A shared mapping of a file descriptor, undefined on failure; with `at` it takes the place of what is mapped there. */
    mapShared: (fd: number, offset: number, length: number, writable: boolean, at: bigint | null = null) => {
      const flags = at === null ? MAP_SHARED : MAP_SHARED | MAP_FIXED;
      return mapped(mmap(at, length, writable ? PROT_READ | PROT_WRITE : PROT_READ, flags, fd, offset));
    },
    /** Addresses with nothing behind them, which are not to be read; with `at` in the place of what is mapped there. */
    reserve: (length: number, at: bigint | null = null) =>
      mapped(mmap(at, length, PROT_NONE, at === null ? MAP_NOTHING : MAP_NOTHING | MAP_FIXED, -1, 0)),
    /** Gives a mapping back: whatever reads a view of it afterwards ends the process. */
    unmap: (address: Address, length: number): void => {
      munmap(address, length);
    },
    /** Gives back what the C library keeps for later. */
    trimHeap: () => void trim(0),
    /** Places a program on many offsets of a file with one link, which is detached as one. Returns the link's descriptor. */
    linkUprobes: (
      fd: number,
      path: string,
      offsets: readonly number[],
      cookies: readonly number[],
      use: UprobeUse,
    ): number =>
      bpfCommand(
        SYSCALLS.bpf,
        BPF_LINK_CREATE,
        {
          prog_fd: fd,
          attach_type: use === 'session' ? BPF_TRACE_UPROBE_SESSION : BPF_TRACE_UPROBE_MULTI,
          path,
          offsets,
          ref_ctr_offsets: null,
          cookies,
          cnt: offsets.length,
          flags: use === 'return' ? BPF_F_UPROBE_MULTI_RETURN : 0,
        },
        koffi.sizeof(uprobesAttributes),
      ),
    /** Opens a perf event (struct perf_event_attr) of all programs on one CPU. */
    openPerfEvent: (attributes: Uint8Array, cpu: number): number =>
      syscall(
        SYSCALLS.perf_event_open,
        'void *',
        attributes,
        'int',
        -1,
        'int',
        cpu,
        'int',
        -1,
        'unsigned long',
        PERF_FLAG_FD_CLOEXEC,
      ),
    /** Opens a probe on a place of a file, at entry or on the way back, for all programs. `type`: of the kernel's uprobes. */
    openUprobe: (type: number, path: string, offset: number, isReturn: boolean): number => {
      const wanted = {
        type,
        size: koffi.sizeof(uprobeAttributes),
        config: isReturn ? 1 : 0,
        unused: NO_WORDS,
        path,
        offset,
      };
      return uprobeCommand(SYSCALLS.perf_event_open, wanted, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
    },
    /** Closes a descriptor in the background: that of a probe takes the kernel about 75 ms. */
    closeLater: (fd: number): Promise<void> =>
      new Promise((resolve) => {
        close.async(fd, () => resolve());
      }),
    /** Sets how a thread is scheduled (struct sched_attr); -1 when the system refuses it. */
    setScheduling: (tid: number, attributes: Uint8Array): number =>
      syscall(SYSCALLS.sched_setattr, 'int', tid, 'void *', attributes, 'uint32_t', 0),
    /** The six below are about the calling thread alone: the C library's functions of these names are about all threads. */
    prctl: (option: number, value: number): number =>
      syscall(SYSCALLS.prctl, 'int', option, 'unsigned long', value, ...NOTHING, ...NOTHING, ...NOTHING),
    /** Takes struct __user_cap_header_struct and two of struct __user_cap_data_struct. */
    capset: (header: Uint8Array, data: Uint8Array): number =>
      syscall(SYSCALLS.capset, 'void *', header, 'void *', data),
    /** The real, the effective and the saved user. */
    setresuid: (uid: number): number => syscall(SYSCALLS.setresuid, 'int', uid, 'int', uid, 'int', uid),
    setresgid: (gid: number): number => syscall(SYSCALLS.setresgid, 'int', gid, 'int', gid, 'int', gid),
    setfsuid: (uid: number): number => syscall(SYSCALLS.setfsuid, 'int', uid),
    setfsgid: (gid: number): number => syscall(SYSCALLS.setfsgid, 'int', gid),
    /** A file system mounted nowhere: a descriptor of its root. */
    mountDetached: (type: string): number => {
      const context = syscall(SYSCALLS.fsopen, 'const char *', type, 'uint32_t', 0);
      if (context < 0) return -1;
      const made = syscall(SYSCALLS.fsconfig, 'int', context, 'uint32_t', FSCONFIG_CMD_CREATE, ...NULLS, 'int', 0);
      const mounted = made < 0 ? -1 : syscall(SYSCALLS.fsmount, 'int', context, 'uint32_t', 0, 'uint32_t', 0);
      close(context);
      return mounted;
    },
  };
};
export type System = ReturnType<typeof loadSystem>;

// include/uapi/asm-generic/mman-common.h, linux/perf_event.h, linux/mount.h
const PROT_NONE = 0;
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FIXED = 0x10;
/** PRIVATE, ANONYMOUS and NORESERVE. */
const MAP_NOTHING = 0x2 | 0x20 | 0x4000;
const _SC_PAGESIZE = 30;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
const mapped = (address: Address | null): Address | undefined =>
  address === null || address === MAP_FAILED ? undefined : address;
const FSCONFIG_CMD_CREATE = 6;
const PERF_FLAG_FD_CLOEXEC = 8;
const NOTHING = ['unsigned long', 0] as const;
const NULLS = ['void *', null, 'void *', null] as const;
const NO_WORDS = [0, 0, 0, 0, 0];
// asm/unistd_64.h of x86, asm-generic/unistd.h
const SYSCALLS =
  process.arch === 'arm64'
    ? {
        ...{ bpf: 280, perf_event_open: 241, sched_setattr: 274, fsopen: 430, fsconfig: 431, fsmount: 432 },
        ...{ prctl: 167, capset: 91, setresuid: 147, setresgid: 149, setfsuid: 151, setfsgid: 152 },
      }
    : {
        ...{ bpf: 321, perf_event_open: 298, sched_setattr: 314, fsopen: 430, fsconfig: 431, fsmount: 432 },
        ...{ prctl: 157, capset: 126, setresuid: 117, setresgid: 119, setfsuid: 122, setfsgid: 123 },
      };

/** Calls back whenever a descriptor has something to read, and keeps the program running until it is stopped. */
export const onReadable = (fd: number, callback: () => void): { readonly stop: () => void } => {
  // The handle must stay reachable: a collected one ends the delivery without a word.
  const handle = koffi.node.poll(fd, { readable: true }, callback);
  return { stop: () => handle.close() };
};

/** A live view of mapped memory. */
export const viewOf = (address: Address, length: number): ArrayBuffer => koffi.view(address, length);
