// `npm run lab [-- --incident NAME] [--seed N] [--seeds K] [--json] [--list] [--keep DIR] [--again DIR] [--record FILE]`: plays incidents with known
// causes, their healthy twins and the controls, asks whytrace why each was slow, and scores the answers.
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkMachine } from '../src/capture/features.ts';
import { controls } from './controls.ts';
import { incidents } from './incidents.ts';
import { judge, judgeHealthy } from './judge.ts';
import { allowRealTime, clearAll, makeEstate, missingForGroup, sweep } from './machine/estate.ts';
import { killAll } from './machine/program.ts';
import { keepPlay, missingFor, type Played, playKept, playOnce } from './play.ts';
import { figuresOf, labDocument } from './report.ts';
import type { ControlResult, IncidentResult, Results } from './results.ts';

/** Of the CPU controller; 1024 is the usual. */
const SHARES = '32768';

const { values } = parseArgs({
  options: {
    incident: { type: 'string', multiple: true },
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    keep: { type: 'string' },
    again: { type: 'string' },
    record: { type: 'string' },
  },
});

if (values.list) {
  for (const { name, family, doc, ...incident } of incidents) {
    const missing = missingFor(incident);
    const here = missing === undefined ? '' : ` (not on this machine: ${missing})`;
    process.stdout.write(`${name.padEnd(26)} ${family.padEnd(11)} ${doc}${here}\n`);
  }
  for (const { name, doc } of controls) process.stdout.write(`${name.padEnd(26)} ${'(control)'.padEnd(11)} ${doc}\n`);
  process.exit(0);
}
const lacks = checkMachine()
  .checks.filter(({ ok, required }) => required && !ok)
  .map(({ what, todo }) => `${what}: ${todo}`);
if (lacks.length > 0) {
  process.stderr.write(`lab: this machine or user cannot record:\n${lacks.map((line) => `  - ${line}\n`).join('')}`);
  process.exit(2);
}
const wanted = values.incident ?? [];
const known = [...incidents, ...controls].map(({ name }) => name);
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`lab: nothing is named ${unknown.join(', ')}; 'npm run lab -- --list' shows what there is\n`);
  process.exit(2);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    process.stderr.write(`lab: ended by ${signal}\n`);
    killAll();
    clearAll();
    process.exit(130);
  });
sweep();
// What else the machine does must not be an incident: all that is played is in one group, which comes before others.
const quarters = makeEstate();
if (values.again === undefined && missingForGroup('cpu') === undefined) {
  const group = quarters.group('cpu');
  group.write('cpu.shares', SHARES);
  allowRealTime(group);
  group.write('cgroup.procs', String(process.pid));
}

if (values.record !== undefined) {
  const [first] = [...incidents, ...controls].filter(({ name }) => wanted.includes(name));
  if (first === undefined) throw new Error('--record needs --incident NAME');
  const missing = missingFor(first);
  if (missing !== undefined) {
    quarters.clear();
    process.stderr.write(`lab: ${first.name} cannot be played on this machine: ${missing}\n`);
    process.exit(2);
  }
  const to = values.record;
  await playOnce(first, { seed: Number(values.seed), faulty: true }, ({ recording }) => copyFileSync(recording, to));
  quarters.clear();
  process.exit(0);
}

/** A machine on which the victim was so long without a CPU in one step, or the device so late, was too busy to be healthy, in ms. */
const DISTURBED_MS = 2;
const ATTEMPTS = 2;

const first = Number(values.seed);
const seeds = Array.from({ length: Math.max(1, Number(values.seeds)) }, (_, i) => first + i);
const isWanted = ({ name }: { readonly name: string }) => wanted.length === 0 || wanted.includes(name);
const say = (text: string) => void process.stderr.write(`${text}\n`);

/** Plays it, or asks what was kept of it; undefined where nothing was. */
const play = async <T>(
  of: Parameters<typeof playOnce>[0],
  name: string,
  run: Parameters<typeof playOnce>[1],
  use: (played: Played) => T,
): Promise<T | undefined> => {
  if (values.again !== undefined) {
    const kept = playKept(values.again, `${name}-${run.seed}`);
    return kept === undefined ? undefined : use(kept);
  }
  return await playOnce(of, run, (played) => {
    if (values.keep !== undefined) keepPlay(values.keep, `${name}-${run.seed}`, played);
    return use(played);
  });
};

const incidentResults: IncidentResult[] = [];
const controlResults: ControlResult[] = [];
const skipped = new Map<string, string>();

/** Plays what should be healthy; once more where the machine did not let it be. */
const playHealthy = async (name: string, of: Parameters<typeof playOnce>[0], seed: number): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    const healthy = await play(of, name, { seed, faulty: false }, judgeHealthy);
    if (healthy === undefined) return;
    const isLive = values.again === undefined;
    if (isLive && healthy.claims.length > 0 && healthy.disturbed_ms > DISTURBED_MS && attempt < ATTEMPTS) continue;
    controlResults.push({ name, seed, attempts: isLive ? attempt : 0, ...healthy });
    const { claims } = healthy;
    say(`${claims.length === 0 ? 'ok   ' : 'FALSE'} ${name} seed ${seed}${claims[0] ? `: ${claims[0].summary}` : ''}`);
    return;
  }
};

for (const seed of seeds) {
  for (const incident of incidents.filter(isWanted)) {
    const missing = missingFor(incident);
    if (missing !== undefined) {
      skipped.set(incident.name, missing);
      continue;
    }
    try {
      const judged = await play(incident, incident.name, { seed, faulty: true }, (played) => judge(incident, played));
      if (judged === undefined) continue;
      incidentResults.push({ name: incident.name, family: incident.family, seed, ...judged });
      const { score, chains } = judged;
      const word = score.top1 ? 'ok   ' : score.top3 ? 'top3 ' : 'WRONG';
      say(
        `${word} ${incident.name} seed ${seed}: path ${score.path.toFixed(2)}, off by ${(score.attribution * 100).toFixed(1)} %: ${chains[0]?.summary ?? 'no answer'}`,
      );
    } catch (thrown) {
      say(`lab: ${incident.name} seed ${seed}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      process.exitCode = 1;
    }
    await playHealthy(`${incident.name}-twin`, incident, seed).catch((thrown) => say(`lab: twin: ${thrown}`));
  }
  for (const control of controls.filter(isWanted)) {
    if (missingFor(control) === undefined)
      await playHealthy(control.name, control, seed).catch((thrown) => say(`lab: ${control.name}: ${thrown}`));
  }
}

quarters.clear();
const results: Results = { incidents: incidentResults, controls: controlResults, seeds: seeds.length, skipped };
if (values.json)
  for (const result of [...incidentResults, ...controlResults]) process.stdout.write(`${JSON.stringify(result)}\n`);
for (const figure of figuresOf(results)) process.stdout.write(`${JSON.stringify(figure)}\n`);
if (wanted.length === 0) writeFileSync(join(import.meta.dirname, '..', 'docs', 'lab.md'), labDocument(results));
