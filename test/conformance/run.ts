// `npm run conformance`: the official suite against this server, for each revision, with what it says.
import { runSuite, type Wanted, withFixtureServer } from './suite.ts';

const runs: readonly Wanted[] = [
  ['--requirements', '2026-07-28'],
  ['--requirements', '2025-11-25'],
  ['--spec-version', '2025-11-25'],
  ['--spec-version', '2025-06-18'],
];

for (const wanted of runs) {
  const { code, output, scenarios, checks } = await withFixtureServer((url) => runSuite(url, wanted));
  process.stdout.write(`${output.slice(output.indexOf('=== SUMMARY'))}\n`);
  const counts = Object.entries(checks).map(([status, count]) => `${count} ${status}`);
  process.stdout.write(`${wanted.join(' ')}: ${scenarios.length} scenarios, ${counts.join(', ')}; exit ${code}\n\n`);
  if (code !== 0) process.exitCode = 1;
}
