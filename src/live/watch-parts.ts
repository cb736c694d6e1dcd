// What every watch gets, and what it gives back.
import type { Finding } from '../base/alert.ts';
import type { KeptEvent } from '../base/live-desk.ts';
import type { Clock } from '../capture/clock.ts';
import type { Tap } from '../capture/live/tap.ts';
import type { ExecMemory } from './alerts/exec-memory.ts';
import type { Suspects } from './alerts/suspects.ts';

export type WatchParts = {
  readonly tap: Tap;
  readonly clock: Clock;
  readonly report: (finding: Finding) => void;
  readonly execs: ExecMemory;
  readonly suspects: Suspects;
  /** Keeps an event as evidence and returns its row, such as `live_events:12` or `live:12`; undefined when there was no room. */
  readonly keep: (event: KeptEvent, name: string) => string | undefined;
};

export type Watching = {
  /** What this kernel does not have, or refused, each with why. */
  readonly missing: readonly { readonly rule: string; readonly event: string; readonly why: string }[];
  /** Events that were not looked at, since there were too many, by rule or part; of those with any. */
  readonly unseen: () => ReadonlyMap<string, number>;
  /** Looks at what has come besides the events of the tap. */
  readonly catchUp?: () => void;
  readonly stop: () => Promise<void>;
};
