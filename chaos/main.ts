// `npm run chaos [-- NAME... --runs N --seed N --json --list]`: plays bad days, and prints how many of them ended as promised:
// with a file that `verify` accepts and that states what it lacks, or with one clear line of why there is none.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { figureOf } from '../bench/figure.ts';
import { messageOf } from '../src/base/errors.ts';
import { here } from '../test/kernel/recorder.ts';
import { clearAll, type Played, play } from './play.ts';
import { scenarios } from './scenarios.ts';

const say = (text: string) => process.stderr.write(text);
const argumentsGiven = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        only: { type: 'string', multiple: true },
        runs: { type: 'string' },
        seed: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
      },
    });
  } catch (thrown) {
    say(`chaos: ${messageOf(thrown)}\n`);
    process.exit(2);
  }
};
const { values, positionals } = argumentsGiven();
const wanted = [...(values.only ?? []), ...positionals];
const unknown = wanted.filter((name) => scenarios.every((scenario) => scenario.name !== name));
if (unknown.length > 0) {
  say(`chaos: nothing is named ${unknown.join(', ')}; 'npm run chaos -- --list' shows what there is\n`);
  process.exit(2);
}
const [wantedRuns, seed] = [values.runs === undefined ? undefined : Number(values.runs), Number(values.seed)];
if (!Number.isInteger(wantedRuns ?? 1) || (wantedRuns ?? 1) < 1 || !Number.isInteger(seed)) {
  say('chaos: --runs and --seed take whole numbers\n');
  process.exit(2);
}
if (values.list) {
  for (const { name, doc, runs, missing } of scenarios) {
    const lacks = missing?.();
    process.stdout.write(
      `${name.padEnd(14)} ${String(runs).padStart(3)}  ${doc}${lacks === undefined ? '' : ` (${lacks})`}\n`,
    );
  }
  process.exit(0);
}
if (here.skip !== false) {
  say(`chaos: ${here.skip}\n`);
  process.exit(2);
}
// Keys of its own: not those of whoever runs it.
const state = mkdtempSync(join(tmpdir(), 'whytrace-chaos-'));
process.env.XDG_STATE_HOME = state;
process.on('exit', () => rmSync(state, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => void clearAll().finally(() => process.exit(130)));

const line = (played: Played): string => {
  const { scenario, runs, ok, ends, stated, failures } = played;
  const ended = [...ends].map(([end, count]) => `${count} ${end}`).join(', ');
  const losses = [...stated.keys()].filter((reason) => !reason.includes(' ')).join(' ');
  return [
    `${ok === runs ? 'ok  ' : 'FAIL'} ${scenario.name.padEnd(14)} ${ok}/${runs}  ${ended}${losses === '' ? '' : `  stated: ${losses}`}`,
    ...failures.map(({ run, why }) => `     run ${run} (--seed ${seed + run - 1} --runs 1): ${why}`),
  ].join('\n');
};
const figure = (name: string, all: readonly Played[]) => {
  const runs = all.reduce((sum, played) => sum + played.runs, 0);
  const ok = all.reduce((sum, played) => sum + played.ok, 0);
  const context =
    all.length === 1 ? {} : Object.fromEntries(all.map((one) => [one.scenario.name, `${one.ok}/${one.runs}`]));
  return { ...figureOf(name, '%', { atLeast: 100 }, [(100 * ok) / Math.max(1, runs)], context), runs };
};

const played: Played[] = [];
for (const scenario of scenarios.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  const lacks = scenario.missing?.();
  if (lacks !== undefined) {
    say(`chaos: ${scenario.name} is left out: ${lacks}\n`);
    continue;
  }
  const runs = Math.min(wantedRuns ?? scenario.runs, wanted.length === 0 ? scenario.runs : Number.POSITIVE_INFINITY);
  const one = await play(scenario, { runs, seed }, (run, { ok }) => {
    if (process.stderr.isTTY) say(`\r\x1b[Kchaos: ${scenario.name} ${run}/${runs}${ok ? '' : ' FAILED'}`);
  });
  if (process.stderr.isTTY) say('\r\x1b[K');
  played.push(one);
  if (values.json)
    process.stdout.write(`${JSON.stringify(figure(`chaos_${scenario.name.replaceAll('-', '_')}_ok_pct`, [one]))}\n`);
  else process.stdout.write(`${line(one)}\n`);
  if (values.json) for (const { run, why } of one.failures) say(`chaos: ${scenario.name} run ${run}: ${why}\n`);
}
process.stdout.write(`${JSON.stringify(figure('chaos_ok_pct', played))}\n`);
process.exitCode = played.every(({ runs, ok }) => runs === ok) ? 0 : 1;
