// Places probes: on every call of the catalogue that a library has, and on the kernel's tracepoints.

import { close, closeSync, readSync } from 'node:fs';
import { callFlags } from '../catalogue/events.ts';
import { type BpfLink, errno, errnoName, type System, type UprobeUse } from './libbpf.ts';
import { type PlannedProbe, probesOf } from './library-probes.ts';
import type { Kernel } from './load.ts';
import type { LibraryKind } from './targets.ts';
import { missingTracepoints, SUBSTITUTES, TRACEPOINTS, TYPED } from './tracepoints.ts';

/** Something attached. Detaching waits for the kernel without blocking this thread. */
export type Attachment = { readonly detach: () => Promise<void> };

export type AttachedLibrary = {
  readonly attachments: readonly Attachment[];
  /** The functions that are probed; those of `failures` are among them. */
  readonly probes: readonly PlannedProbe[];
  /** Calls of the catalogue for this kind of library that it does not have. */
  readonly missing: number;
  /** Why probes could not be placed, if any could not. */
  readonly failures: readonly string[];
};

/** Cookie of a probe: the call's id, and above it the flags that go into `call.flags`. */
const cookieOf = ({ op, perThread }: PlannedProbe) => op + (perThread ? callFlags.perThreadStream : 0) * 0x1_0000;

type Placed = { readonly attachments: readonly Attachment[]; readonly failures: readonly string[] };
const joined = (placed: readonly Placed[]): Placed => ({
  attachments: placed.flatMap(({ attachments }) => attachments),
  failures: placed.flatMap(({ failures }) => failures),
});

const ofLink = (kernel: Kernel, link: BpfLink): Attachment => ({ detach: () => kernel.bpf.destroyLink(link) });
const ofDescriptor = (fd: number): Attachment => ({
  detach: () => new Promise((resolve) => close(fd, () => resolve())),
});

/** The programs of a call, and what each is run at. */
const USES = { call_return: 'return', call_enter: 'entry', call_session: 'session' } as const satisfies Readonly<
  Record<string, UprobeUse>
>;
type CallProgram = keyof typeof USES;

const attachEach = (kernel: Kernel, name: CallProgram, path: string, probes: readonly PlannedProbe[]): Placed => {
  const program = kernel.program(name);
  const isReturn = USES[name] === 'return';
  return joined(
    probes.map((probe): Placed => {
      const link = kernel.bpf.attachUprobe(program, path, probe.fileOffset, { cookie: cookieOf(probe), isReturn });
      return link === null
        ? { attachments: [], failures: [`${probe.name}: ${errnoName(errno())}`] }
        : { attachments: [ofLink(kernel, link)], failures: [] };
    }),
  );
};

/** With one link for all; where the kernel refuses one of them it refuses all, and those that it does not get links of their own. */
const attachTogether = (
  kernel: Kernel,
  system: System,
  name: CallProgram,
  path: string,
  probes: readonly PlannedProbe[],
): Placed => {
  if (probes.length === 0) return { attachments: [], failures: [] };
  const offsets = probes.map(({ fileOffset }) => fileOffset);
  const fd = system.linkUprobes(
    kernel.bpf.programFd(kernel.program(name)),
    path,
    offsets,
    probes.map(cookieOf),
    USES[name],
  );
  if (fd >= 0) return { attachments: [ofDescriptor(fd)], failures: [] };
  if (probes.length === 1) return { attachments: [], failures: [`${probes[0]?.name}: ${errnoName(errno())}`] };
  const half = probes.length >> 1;
  return joined(
    [probes.slice(0, half), probes.slice(half)].map((part) => attachTogether(kernel, system, name, path, part)),
  );
};

/** Probes a library for all processes that use it, now and later. Which of them are recorded the kernel side knows. */
export const attachLibrary = (kernel: Kernel, system: System, path: string, kind: LibraryKind): AttachedLibrary => {
  const { probes, missing } = probesOf(path, kind);
  // Returns first: an entry without its return would leave a frame behind that looks like an enclosing call.
  const names: readonly CallProgram[] = kernel.uprobes === 'session' ? ['call_session'] : ['call_return', 'call_enter'];
  const placed = names.map((name) =>
    kernel.uprobes === 'single'
      ? attachEach(kernel, name, path, probes)
      : attachTogether(kernel, system, name, path, probes),
  );
  return { ...joined(placed), probes, missing };
};

/** Runs a program once for every task. False when the kernel refuses. */
export const runIterator = (kernel: Kernel, name: 'note_task' | 'send_open'): boolean => {
  const link = kernel.bpf.attachIterator(kernel.program(name));
  if (link === null) return false;
  const fd = kernel.bpf.createIterator(kernel.bpf.linkFd(link));
  if (fd >= 0) {
    const nothing = Buffer.alloc(64);
    while (readSync(fd, nothing) > 0);
    closeSync(fd);
  }
  void kernel.bpf.destroyLink(link);
  return fd >= 0;
};

export type AttachedKernel = { readonly attachments: readonly Attachment[]; readonly missing: readonly string[] };

/** Attaches to the kernel's tracepoints; those that this kernel lacks are named in `missing`. */
export const attachTracepoints = (kernel: Kernel): AttachedKernel => {
  const attachments: Attachment[] = [];
  const absent = new Set(missingTracepoints());
  const missing = new Set<string>();
  runIterator(kernel, 'note_task');
  const attach = (name: string, tracepoint: string): boolean => {
    const program = kernel.program(name);
    const link = TYPED.has(name) ? kernel.bpf.attach(program) : kernel.bpf.attachRawTracepoint(program, tracepoint);
    if (link !== null) attachments.push(ofLink(kernel, link));
    return link !== null;
  };
  for (const [name, tracepoint] of TRACEPOINTS) {
    if (!absent.has(tracepoint) && attach(name, tracepoint)) continue;
    missing.add(tracepoint);
    const substitute = SUBSTITUTES[tracepoint];
    if (substitute !== undefined) attach(...substitute);
  }
  // Again: who left the CPU in between was not seen to.
  runIterator(kernel, 'note_task');
  return { attachments, missing: [...missing] };
};
