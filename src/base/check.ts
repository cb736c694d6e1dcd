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

/** A library of this machine whose calls a recording would probe. */
export type ProbedLibrary = {
  readonly path: string;
  /** How far into its function each probe sits and what the kernel does there, such as `+4 push`: by that, the functions. */
  readonly sites: Readonly<Record<string, readonly string[]>>;
};

/** `ok` when every required check is. */
export type CheckAnswer = {
  readonly ok: boolean;
  readonly checks: readonly Check[];
  readonly libraries?: readonly ProbedLibrary[];
};
