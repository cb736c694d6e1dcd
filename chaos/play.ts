// Plays scenarios, one run after the other, and adds up what came of them. Knows no scenario; says nothing itself.
import { messageOf } from '../src/base/errors.ts';
import type { Outcome, Scenario } from './scenario.ts';
import { openStage, type Stage } from './stage.ts';

export type Played = {
  readonly scenario: Scenario;
  readonly runs: number;
  readonly ok: number;
  /** How often each end came about. */
  readonly ends: ReadonlyMap<Outcome['end'], number>;
  /** In how many runs each loss was stated. */
  readonly stated: ReadonlyMap<string, number>;
  readonly failures: readonly { readonly run: number; readonly why: string }[];
};

const open = new Set<Stage>();
/** Clears up what is being played now. */
export const clearAll = async (): Promise<void> => {
  for (const stage of open) await stage.clear();
};

const playOnce = async (scenario: Scenario, seed: number): Promise<Outcome> => {
  const stage = openStage(seed);
  open.add(stage);
  try {
    return await scenario.run(stage);
  } catch (thrown) {
    return { ok: false, end: 'refused', stated: [], why: messageOf(thrown) };
  } finally {
    await stage.clear();
    open.delete(stage);
  }
};

const count = <K>(counts: Map<K, number>, key: K) => counts.set(key, (counts.get(key) ?? 0) + 1);

/** Plays a scenario so many times; run N has the seed `seed` + N. `onRun` hears of each. */
export const play = async (
  scenario: Scenario,
  { runs, seed }: { readonly runs: number; readonly seed: number },
  onRun: (run: number, outcome: Outcome) => void = () => {},
): Promise<Played> => {
  const ends = new Map<Outcome['end'], number>();
  const stated = new Map<string, number>();
  const failures: { run: number; why: string }[] = [];
  for (let run = 1; run <= runs; run++) {
    const outcome = await playOnce(scenario, seed + run);
    count(ends, outcome.end);
    for (const reason of outcome.stated) count(stated, reason);
    if (!outcome.ok) failures.push({ run, why: outcome.why ?? 'no reason given' });
    onRun(run, outcome);
  }
  return { scenario, runs, ok: runs - failures.length, ends, stated, failures };
};
