// What the unwind tables say of one place in the code: how to find the caller's frame from here.
// Must not know of files, nor of a process's memory. Terms: DWARF 5, 6.4.1 "Structure of Call Frame Information".

/** How a register's value in the caller is found; `offset` is in bytes from the CFA, `code` is a DWARF expression. */
export type RegisterRule =
  | { readonly kind: 'undefined' | 'same' }
  | { readonly kind: 'offset' | 'value_offset'; readonly offset: number }
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'expression' | 'value_expression'; readonly code: Buffer };

/** Where the canonical frame address (the stack pointer before the call) is: a register plus bytes, or an expression. */
export type CfaRule =
  | { readonly kind: 'register'; readonly register: number; readonly offset: number }
  | { readonly kind: 'expression'; readonly code: Buffer };

/** One row. Registers have DWARF's numbers. A signal frame was not entered by a call: its caller's address is exact. */
export type FrameRow = {
  readonly cfa: CfaRule;
  readonly rules: ReadonlyMap<number, RegisterRule>;
  readonly returnRegister: number;
  readonly isSignal: boolean;
};
