// What the recorder and the thread that names its stacks say to each other.
import type { RawEvents } from './raw-events.ts';

/** A frame of a stack. `file` and `line` are those of a source, for Python; a `module` is a file with code in it. */
export type StackFrame = {
  readonly kind: 'native' | 'python' | 'kernel' | 'jit';
  readonly name: string | null;
  readonly module: string | null;
  /** The path of the module as its process sees it, where it is a file. */
  readonly path: string | null;
  /** Bytes from the start of the function where the name is known, else of the module. */
  readonly offset: number;
  readonly file: string | null;
  readonly line: number | null;
};

/** The frames of a stack with their names, the innermost first. */
export type StackFrames = {
  readonly frames: readonly StackFrame[];
  /** Whether the outermost frame was reached. */
  readonly complete: boolean;
};

/**
 * A stack that has been named. `taken` is the number that came with its last event. Its frames come along where no earlier
 * one had the same `key`; 0 is the key of stacks that no other one is compared with.
 */
export type NamedStack = {
  readonly taken: number;
  readonly pid: number;
  readonly key: number;
  readonly named: StackFrames | undefined;
};

/** What `go` of `privileges` holds when all threads have left root, and when they could not. */
export const LEFT = 1;
export const STAYED = 2;

export type ToNamer =
  /** What a process has mapped: the text of its maps file. Stacks from before `since` (ns) are of another program. */
  | { readonly kind: 'process'; readonly pid: number; readonly maps: string; readonly since: number }
  /** A new process has mapped what its parent has. */
  | { readonly kind: 'born'; readonly pid: number; readonly parent: number }
  | { readonly kind: 'forget'; readonly pid: number }
  /** Answered with `read`, which gives the buffer back. */
  | { readonly kind: 'events'; readonly events: RawEvents }
  /**
   * Answered with `waiting`, after which the thread stands still until `go` is not 0: all threads leave root in between. Then it
   * keeps what it needs.
   */
  | { readonly kind: 'privileges'; readonly go: Int32Array }
  /** Answered with `new_keys`. */
  | { readonly kind: 'renew_keys' }
  /** There is time to give back what is not needed. */
  | { readonly kind: 'tidy' }
  /** Answered with `done` once all stacks before it have been answered. */
  | { readonly kind: 'finish' };

export type FromNamer =
  /** What takes long at the start is done. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'named'; readonly stacks: readonly NamedStack[] }
  | { readonly kind: 'read'; readonly words: RawEvents['words']; readonly used: number }
  /** Keys that were given before this are not used again. */
  | { readonly kind: 'new_keys' }
  /** Stands still, see `privileges`. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'done' };
