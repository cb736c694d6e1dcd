// Places probes: on every call of the catalogue that a library has, and on the kernel's tracepoints.

import { close, closeSync, readSync } from 'node:fs';
import { calls } from '../catalogue/calls.ts';
import { callFlags } from '../catalogue/events.ts';
import { type BpfLink, type BpfProgram, errno, errnoName, type System } from './libbpf.ts';
import type { Kernel } from './load.ts';
import { type ProbePrice, probeSite } from './probe-site.ts';
import { openElf } from './symbols/elf.ts';
import { findFunctions } from './symbols/elf-symbols.ts';
import { missingTracepoints, SUBSTITUTES, TRACEPOINTS, TYPED } from './tracepoints.ts';

/** Something attached. Detaching waits for the kernel without blocking this thread. */
export type Attachment = { readonly detach: () => Promise<void> };

export type AttachedLibrary = {
  readonly attachments: readonly Attachment[];
  /** Functions probed, by price class. */
  readonly prices: Readonly<Record<ProbePrice, number>>;
  readonly probes: number;
  /** Calls of the catalogue for this kind of library that it does not have. */
  readonly missing: number;
  /** Why probes could not be placed, if any could not. */
  readonly failures: readonly string[];
};

type Site = { readonly op: number; readonly perThread: boolean; readonly name: string; readonly fileOffset: number };

const isPerThread = (symbol: string) => /_pt[sd][sz]$/.test(symbol);

/** Cookie of a probe: the call's id, and above it the flags that go into `call.flags`. */
const cookieOf = ({ op, perThread }: Site) => op + (perThread ? callFlags.perThreadStream : 0) * 0x1_0000;

type Sites = { readonly sites: readonly Site[]; readonly prices: Record<ProbePrice, number>; readonly missing: number };

/** Which probes a library file gets. Throws `elf_unreadable` when it is no library. */
export const sitesOf = (path: string, kind: 'cudart' | 'cuda' | 'static'): Sites => {
  const wanted = calls.filter((call) => kind === 'static' || call.library === kind);
  using elf = openElf(path);
  const found = findFunctions(elf, new Set(wanted.flatMap(({ op, aliases }) => [op, ...aliases])));
  const prices = { nop5: 0, emulated: 0, single_step: 0 };
  const taken = new Set<number>();
  let missing = 0;
  const sites = wanted.flatMap((call) => {
    const symbols = found.filter(({ name }) => name === call.op || call.aliases.includes(name));
    if (symbols.length === 0) missing++;
    return symbols.flatMap((symbol): Site[] => {
      const site = probeSite(elf, symbol);
      // Two names of one function are one call.
      if (taken.has(site.fileOffset)) return [];
      taken.add(site.fileOffset);
      prices[site.price]++;
      return [{ op: call.id, perThread: isPerThread(symbol.name), name: symbol.name, fileOffset: site.fileOffset }];
    });
  });
  return { sites, prices, missing };
};

type Placed = { readonly attachments: readonly Attachment[]; readonly failures: readonly string[] };

const ofLink = (kernel: Kernel, link: BpfLink): Attachment => ({ detach: () => kernel.bpf.destroyLink(link) });
const ofDescriptor = (fd: number): Attachment => ({
  detach: () => new Promise((resolve) => close(fd, () => resolve())),
});

const attachEach = (
  kernel: Kernel,
  program: BpfProgram,
  path: string,
  sites: readonly Site[],
  isReturn: boolean,
): Placed => {
  const attachments: Attachment[] = [];
  const failures: string[] = [];
  for (const site of sites) {
    const link = kernel.bpf.attachUprobe(program, path, site.fileOffset, { cookie: cookieOf(site), isReturn });
    if (link === null) failures.push(`${site.name}: ${errnoName(errno())}`);
    else attachments.push(ofLink(kernel, link));
  }
  return { attachments, failures };
};

const attachTogether = (
  kernel: Kernel,
  system: System,
  program: BpfProgram,
  path: string,
  sites: readonly Site[],
  isReturn: boolean,
): Placed => {
  const offsets = sites.map(({ fileOffset }) => fileOffset);
  const fd = system.linkUprobes(kernel.bpf.programFd(program), path, offsets, sites.map(cookieOf), isReturn);
  return fd < 0
    ? { attachments: [], failures: sites.map(({ name }) => `${name}: ${errnoName(errno())}`) }
    : { attachments: [ofDescriptor(fd)], failures: [] };
};

/** Probes a library for all processes that use it, now and later. Which of them are recorded the kernel side knows. */
export const attachLibrary = (
  kernel: Kernel,
  system: System,
  path: string,
  kind: 'cudart' | 'cuda' | 'static',
): AttachedLibrary => {
  const { sites, prices, missing } = sitesOf(path, kind);
  // Returns first: an entry without its return would leave a frame behind that looks like an enclosing call.
  const placed = (['call_return', 'call_enter'] as const).map((name): Placed => {
    if (sites.length === 0) return { attachments: [], failures: [] };
    const program = kernel.program(name);
    const isReturn = name === 'call_return';
    return kernel.manyUprobes
      ? attachTogether(kernel, system, program, path, sites, isReturn)
      : attachEach(kernel, program, path, sites, isReturn);
  });
  return {
    attachments: placed.flatMap(({ attachments }) => attachments),
    failures: placed.flatMap(({ failures }) => failures),
    prices,
    probes: sites.length,
    missing,
  };
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
