// The shape of the answer to "can this machine record?". Capture finds it out, serve hands
// it on; neither knows the other.

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
