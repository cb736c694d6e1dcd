// `npm run bench [-- NAME...]`: measures the claims and prints one JSON line a figure.
import { callCost } from './call-cost.ts';
import { captureRate } from './capture-rate.ts';
import { evidence } from './evidence.ts';
import type { Bench } from './figure.ts';
import { live } from './live.ts';
import { mcp } from './mcp.ts';
import { mcpStart } from './mcp-start.ts';
import { readyTime } from './ready-time.ts';
import { sched } from './sched.ts';
import { sql } from './sql.ts';
import { stacks } from './stacks.ts';
import { statsTime } from './stats-time.ts';

const benches: readonly Bench[] = [
  captureRate,
  callCost,
  readyTime,
  mcpStart,
  mcp,
  statsTime,
  sched,
  stacks,
  live,
  evidence,
  sql,
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => benches.every((bench) => bench.name !== name));
if (unknown.length > 0) {
  process.stderr.write(
    `bench: no bench named ${unknown.join(', ')}; there are: ${benches.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(2);
}
let missed = 0;
for (const bench of benches) {
  if (wanted.length > 0 && !wanted.includes(bench.name)) continue;
  if (process.stderr.isTTY) process.stderr.write(`bench: ${bench.name}: ${bench.doc}\n`);
  for (const figure of await bench.run()) {
    if (!figure.met) missed++;
    process.stdout.write(`${JSON.stringify(figure)}\n`);
  }
}
if (missed > 0) process.stderr.write(`bench: ${missed} figure${missed === 1 ? '' : 's'} missed the goal\n`);
