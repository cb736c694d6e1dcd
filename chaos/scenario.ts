// What a scenario of the bad-day suite is, and what can come of one run of it. Knows no scenario.
import type { Stage } from './stage.ts';

export type Outcome = {
  readonly ok: boolean;
  /** complete, cut: what state the file is in; refused: nothing could be written, or nothing had been yet. */
  readonly end: 'complete' | 'cut' | 'refused';
  /** Reasons of the losses that the file states. */
  readonly stated: readonly string[];
  /** What is wrong, when it is not ok. */
  readonly why?: string;
};

export type Scenario = {
  /** What `--only` takes. */
  readonly name: string;
  /** One line: what goes wrong. */
  readonly doc: string;
  /** Runs of a full measure. */
  readonly runs: number;
  /** Runs among the tests, where it is cheap enough for them. */
  readonly short?: number;
  /** Why it cannot be played on this machine, if it cannot. */
  readonly missing?: () => string | undefined;
  readonly run: (stage: Stage) => Promise<Outcome>;
};
