// `npm run bench [-- [--write] NAME...]`: measures the claims and prints one JSON line a figure. --write keeps them too, for
// docs/overhead.md. --minutes N is how long the soak lasts, which runs only when it is named.
import { callCost } from './call-cost.ts';
import { calls } from './calls.ts';
import { captureRate } from './capture-rate.ts';
import { evidence } from './evidence.ts';
import type { Bench } from './figure.ts';
import { idle } from './idle.ts';
import { ingest } from './ingest.ts';
import { keepFigures } from './keep-figures.ts';
import { live } from './live.ts';
import { liveCost } from './live-cost.ts';
import { liveBenign, liveHealthy } from './live-quiet.ts';
import { mcp } from './mcp.ts';
import { mcpStart } from './mcp-start.ts';
import { readyTime } from './ready-time.ts';
import { scale, scale50m } from './scale.ts';
import { scaleOut } from './scale-out.ts';
import { sched } from './sched.ts';
import { soak } from './soak.ts';
import { sql } from './sql.ts';
import { stacks } from './stacks.ts';
import { statsTime } from './stats-time.ts';

const benches: readonly Bench[] = [
  captureRate,
  ingest,
  callCost,
  calls,
  readyTime,
  mcpStart,
  mcp,
  statsTime,
  scale,
  scale50m,
  idle,
  sched,
  stacks,
  live,
  liveCost,
  liveBenign,
  liveHealthy,
  evidence,
  sql,
  scaleOut,
  soak,
];

const words = process.argv.slice(2);
const write = words.includes('--write');
const minutesAt = words.indexOf('--minutes');
if (minutesAt >= 0) process.env.WHYTRACE_SOAK_MINUTES = words.splice(minutesAt, 2)[1] ?? '';
const wanted = words.filter((word) => word !== '--write');
const unknown = wanted.filter((name) => benches.every((bench) => bench.name !== name));
if (unknown.length > 0) {
  process.stderr.write(
    `bench: no bench named ${unknown.join(', ')}; there are: ${benches.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(2);
}
let missed = 0;
for (const bench of benches) {
  if (wanted.length > 0 ? !wanted.includes(bench.name) : bench.onRequest === true) continue;
  if (process.stderr.isTTY) process.stderr.write(`bench: ${bench.name}: ${bench.doc}\n`);
  const figures = await bench.run();
  for (const figure of figures) {
    if (!figure.met) missed++;
    process.stdout.write(`${JSON.stringify(figure)}\n`);
  }
  if (write) keepFigures(bench.name, figures);
}
if (missed > 0) process.stderr.write(`bench: ${missed} figure${missed === 1 ? '' : 's'} missed the goal\n`);
