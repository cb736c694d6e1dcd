// The shape of the answer to "can this machine record?". Who finds it out is handed in by the command line, since
// nothing here may know how recording works.

export type Check = {
  readonly name: string;
  readonly ok: boolean;
  /** Whether recording is impossible without it. */
  readonly required: boolean;
  readonly what: string;
  readonly why: string;
  readonly todo: string;
};

/** `ok` when every required check is. */
export type CheckAnswer = { readonly ok: boolean; readonly checks: readonly Check[] };
