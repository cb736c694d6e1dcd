// What a rule of the security watch is. Data where it can be: which events, how bad, why it may be harmless.
import type { Severity } from '../../base/alert.ts';
import type { LiveEvent } from '../../capture/live/decode.ts';

/** What a rule adds to what its events say. */
export type Judgement = {
  readonly severity?: Severity;
  /** Equal ones are one alert; by default program and rule. */
  readonly key?: string;
  readonly title?: string;
  readonly technique?: string;
  readonly facts?: Readonly<Record<string, number | string | null>>;
};

/** What a rule may ask besides what it is shown. */
export type Around = {
  /** Whether a process is a child of another, or of its children. */
  readonly descends: (pid: number, from: number) => boolean;
  /** Whether the numbers that a process gives of others mean the same to us: it is not in another pid namespace. */
  readonly sharesNumbers: (pid: number) => boolean;
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
  readonly judge?: (event: LiveEvent, around: Around) => Judgement | undefined;
  /** Only when so many matches of one process came within a second. */
  readonly perSecond?: number;
};

/** The same as a rule of events, with a look in their place. */
export type LookRule<Look> = Omit<Rule, 'events' | 'judge' | 'perSecond'> & {
  readonly judge: (look: Look) => Judgement | undefined;
};

/** How the owner of a machine declares a rule's finding harmless, for `benign`. */
export const allow = (rule: string): string => `allow it with a line "${rule} /path/of/the/program" in the allow-list`;
