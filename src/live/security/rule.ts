// What a rule of the security watch is. Data where it can be: which events, how bad, why it may be harmless.
import type { Severity } from '../../base/alert.ts';
import type { LiveEvent } from '../../capture/live/decode.ts';

/** What a rule adds to what its events say. */
export type Judgement = {
  readonly severity?: Severity;
  /** Equal ones are one alert; by default program and rule. */
  readonly key?: string;
  readonly title?: string;
  readonly facts?: Readonly<Record<string, number | string | null>>;
};

export type Rule = {
  readonly id: string;
  /** A fixed phrase: what the process did. */
  readonly title: string;
  readonly severity: Severity;
  /** MITRE ATT&CK. */
  readonly technique: string;
  /** Expected false positives and how to allow them. */
  readonly benign: string;
  /** Expressions of which each match is looked at; arguments by value only, since a pointer's text can change under us. */
  readonly events: readonly string[];
  /** Refuses a match (undefined), or says more about it. Without it every match is a finding. */
  readonly judge?: (event: LiveEvent) => Judgement | undefined;
  /** Only when so many matches of one process came within a second. */
  readonly perSecond?: number;
};

/** How the owner of a machine declares a rule's finding harmless, for `benign`. */
export const allow = (rule: string): string => `allow it with a line "${rule} /path/of/the/program" in the allow-list`;
