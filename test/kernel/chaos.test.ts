// A few bad days of `npm run chaos`, one run each: whatever happens to the recorder, what it leaves is sound and says what it
// lacks, or one line says why there is nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { play } from '../../chaos/play.ts';
import { scenarios } from '../../chaos/scenarios.ts';
import { here } from './recorder.ts';

/** Another day for every run of the tests, named where it fails. */
const SEED = Math.floor(Date.now() / 1000) % 1_000_000;

for (const scenario of scenarios) {
  const { short, missing, name, doc } = scenario;
  if (short === undefined) continue;
  const lacks = here.skip === false ? missing?.() : here.skip;
  test(`${name}: ${doc}`, { ...here, skip: lacks ?? false }, async () => {
    const { failures } = await play(scenario, { runs: short, seed: SEED });
    assert.deepEqual(failures, [], `npm run chaos -- --only ${name} --seed ${SEED}`);
  });
}
