// What goes between the server and the thread in which a long call runs: plain data only.
import type { ErrorParts } from '../../base/errors.ts';
import type { Principal } from '../identity/principal.ts';

export type Job = {
  readonly tool: string;
  readonly args: unknown;
  /** The recording, as found by the server. */
  readonly path: string;
  readonly budget: number;
  readonly principal: Principal | undefined;
};

/** An answer; or what the caller got wrong; or a fault of ours, in words. */
export type Outcome =
  | { readonly answer: Record<string, unknown> }
  | { readonly fault: ErrorParts; readonly exitCode: 1 | 2 }
  | { readonly crash: string };
