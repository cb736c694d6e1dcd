// A short run of every target with a fixed seed, so that what was found once stays mended: `npm run fuzz` is the long one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTarget } from './run-target.ts';
import { targets } from './targets.ts';

const SEED = 20_260_101;
const SECONDS = 1;
/** Of those that need a millisecond or less. */
const MOST = 300;

for (const target of targets)
  test(`${target.name}: ${target.doc}`, { skip: target.missing?.() ?? false }, async (t) => {
    const { inputs, fault } = await runTarget(target, {
      seed: SEED,
      most: MOST,
      ms: SECONDS * 1000,
    });
    t.diagnostic(`${inputs} inputs`);
    assert.equal(
      fault?.why,
      undefined,
      `seed ${fault?.seed}, input ${Buffer.from(fault?.input ?? [])
        .toString('base64')
        .slice(0, 400)}`,
    );
  });
