// What a run of the lab yields, before it is summed up.
import type { Family } from './incident.ts';
import type { Healthy, Judged } from './judge.ts';

export type IncidentResult = Judged & { readonly name: string; readonly family: Family; readonly seed: number };
/** `attempts`: plays that it took until the machine was quiet enough; 0 of a recording that was kept. */
export type ControlResult = Healthy & { readonly name: string; readonly seed: number; readonly attempts: number };

export type Results = {
  readonly incidents: readonly IncidentResult[];
  readonly controls: readonly ControlResult[];
  readonly seeds: number;
  /** Incidents that this machine cannot make, and why. */
  readonly skipped: ReadonlyMap<string, string>;
};
