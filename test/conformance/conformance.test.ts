// The official conformance suite passes, for the revision of 2026 and for the one before it, on the transports that users have.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { runSuite, type Wanted, withFixtureServer } from './suite.ts';

const runs: readonly (readonly [wanted: Wanted, scenarios: number])[] = [
  [['--requirements', '2026-07-28'], 48],
  [['--spec-version', '2025-11-25'], 30],
];
const expected = readFileSync(new URL('expected-failures.yml', import.meta.url), 'utf8');

// At the same time, each against a server of its own: most of a run is waiting.
suite('conformance', { concurrency: true }, () => {
  for (const [wanted, least] of runs)
    test(wanted.join(' '), async (t) => {
      const { code, output, scenarios, checks } = await withFixtureServer((url) => runSuite(url, wanted));
      const summary = output.slice(output.indexOf('=== SUMMARY'));
      t.diagnostic(`${scenarios.length} scenarios, checks: ${JSON.stringify(checks)}`);
      assert.equal(code, 0, summary);
      assert.ok(scenarios.length >= least, `only ${scenarios.length} scenarios ran`);
      // Failures are those of the scenarios that are expected to fail, and of no other.
      const failed = [...summary.matchAll(/^✗ ([\w-]+): .*[1-9]\d* failed/gm)].map(([, name = '']) => name);
      for (const name of failed) assert.ok(expected.includes(`- ${name}\n`), name);
    });
});
