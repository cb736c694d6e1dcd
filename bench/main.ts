// `npm run bench [-- [OPTIONS] [NAME...]]`: measures the claims and prints one JSON line a figure; --help says the rest.
import { parseArgs } from 'node:util';
import { callCost } from './call-cost.ts';
import { calls } from './calls.ts';
import { captureRate } from './capture-rate.ts';
import { evidence } from './evidence.ts';
import type { Bench, Line } from './figure.ts';
import { idle } from './idle.ts';
import { ingest } from './ingest.ts';
import { keepFigures } from './keep-figures.ts';
import { live } from './live.ts';
import { liveCost } from './live-cost.ts';
import { liveBenign, liveHealthy } from './live-quiet.ts';
import { mcp } from './mcp.ts';
import { mcpStart } from './mcp-start.ts';
import { readyTime } from './ready-time.ts';
import { runBenches } from './run-benches.ts';
import { scale, scale50m } from './scale.ts';
import { scaleOut } from './scale-out.ts';
import { sched } from './sched.ts';
import { endChildren } from './sched-child.ts';
import { soak } from './soak.ts';
import { sql } from './sql.ts';
import { stacks } from './stacks.ts';

const benches: readonly Bench[] = [
  captureRate,
  ingest,
  callCost,
  calls,
  readyTime,
  mcpStart,
  mcp,
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

const say = (text: string): void => void process.stderr.write(`bench: ${text}\n`);
const print = (lines: readonly Line[]): void => {
  for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`);
};

const help = (): string =>
  `npm run bench [-- [OPTIONS] [NAME...]]: measures and prints one JSON line a figure; all benches but those marked * when none is named.

  --write      keeps the figures in docs/figures, and makes docs/overhead.md and docs/scale.md anew
  --minutes N  how long the soak lasts (30)
  --strict     exit code 1 also when a figure missed its goal, or could not be measured
  --help       this

The exit code is 1 when a bench failed; those after it run all the same. Figures that missed their goals, and those that could not be
measured here, are named in the last lines on stderr.

${benches.map(({ name, doc, onRequest }) => `  ${`${name}${onRequest === true ? ' *' : ''}`.padEnd(16)}${doc}`).join('\n')}
`;

const read = () => {
  try {
    const { values, positionals } = parseArgs({
      options: {
        write: { type: 'boolean', default: false },
        minutes: { type: 'string' },
        strict: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    const unknown = positionals.filter((name) => benches.every((bench) => bench.name !== name));
    if (unknown.length > 0)
      throw new Error(`no bench named ${unknown.join(', ')}; there are: ${benches.map(({ name }) => name).join(', ')}`);
    const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
    if (minutes !== undefined && !(minutes > 0))
      throw new Error(`--minutes takes a number above 0, not ${values.minutes}`);
    return { ...values, names: positionals, asked: minutes === undefined ? {} : { minutes } };
  } catch (thrown) {
    say(thrown instanceof Error ? thrown.message : String(thrown));
    process.exit(2);
  }
};

const { names, asked, write, strict, help: wantsHelp } = read();
if (wantsHelp) {
  process.stdout.write(help());
  process.exit(0);
}
const wanted = benches.filter(({ name, onRequest }) => (names.length > 0 ? names.includes(name) : onRequest !== true));
const { missed, skipped, failed } = await runBenches(wanted, asked, {
  onBegin: ({ name, doc }) => {
    if (process.stderr.isTTY) say(`${name}: ${doc}`);
  },
  onLines: ({ name }, lines) => {
    print(lines);
    if (write) keepFigures(name, lines);
  },
  onFailure: ({ name }, thrown, lines) => {
    endChildren();
    print(lines);
    say(`${name} failed: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`);
  },
});
if (skipped.length > 0) say(`not measured here: ${skipped.join(', ')}`);
if (failed.length > 0) say(`failed: ${failed.join(', ')}`);
if (missed.length > 0) say(`missed the goal: ${missed.join(', ')}`);
if (failed.length > 0 || (strict && missed.length + skipped.length > 0)) process.exitCode = 1;
