// What the kernel does with the instruction under a uprobe, and what that costs the program: data. Must not know of files.
//
// Source: Linux arch/x86/kernel/uprobes.c (branch_setup_xol_ops, push_setup_xol_ops, can_optimize) and
// arch/arm64/kernel/probes/decode-insn.c (arm_probe_decode_insn).

export type PriceClass = {
  readonly doc: string;
  /**
   * Nanoseconds that one hit costs the program, measured on a virtual machine with kernel 6.18 on x86-64; what a return probe
   * adds is not in it. On bare metal a single step is 900 ns and the rest about 320.
   */
  readonly ns: number;
};

/** Cheapest first. */
export const priceClasses = {
  nop5: { doc: 'a 5-byte nop: the kernel writes a call over it, and no trap is taken', ns: 180 },
  nop: { doc: 'another nop: one trap, the kernel skips it', ns: 400 },
  push: { doc: 'a push: one trap, the kernel does it', ns: 410 },
  branch: { doc: 'a relative jump or call, or an address: one trap, the kernel does it', ns: 420 },
  single_step: {
    doc: 'anything else: one trap, and a second one after a copy of it; the second is dear on virtual machines',
    ns: 15_000,
  },
} as const satisfies Readonly<Record<string, PriceClass>>;

export type ProbePrice = keyof typeof priceClasses;

/** Their names, cheapest first. */
export const PRICES: readonly ProbePrice[] = ['nop5', 'nop', 'push', 'branch', 'single_step'];

/** Kernels from which on a nop is more than an instruction to step over. */
export const NOPS_SINCE = {
  /** x86-64: 5-byte nops become calls, and nops of up to 8 bytes in their usual form are skipped; before, 1-byte ones only. */
  x64: '6.18',
  /** x86-64: nops of any form are skipped, and a pause no longer. */
  x64AnyForm: '6.19',
  /** arm64: a nop is skipped. */
  arm64: '6.13',
} as const;

/** Which of these a kernel has. */
export type NopKinds = Readonly<Record<keyof typeof NOPS_SINCE, boolean>>;

/** A place in a function at which a probe may sit, as far as its instructions say: bytes into the function, and its price. */
export type Candidate = { readonly offset: number; readonly price: ProbePrice };
