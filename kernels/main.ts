// `npm run test:kernels [-- WORD...] [--only NAME]... [--json] [--keep] [--refresh] [--minutes N] [--list]`: boots real kernels in an
// emulator, two at a time, and runs the kernel tests in them. A WORD picks test files; their results are shown, not kept.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, UserError } from '../src/base/errors.ts';
import { errors } from './errors.ts';
import { makeProjectDisk } from './guest-disks.ts';
import { getDevice } from './lab-device.ts';
import { prepare, type Ready } from './prepare.ts';
import { judge, keepResults, type TargetResult } from './results.ts';
import { runTarget } from './run-target.ts';
import { machines, type Target, targets } from './targets.ts';
import type { Tools } from './tools.ts';

const AT_ONCE = 2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    refresh: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '40' },
    list: { type: 'boolean', default: false },
  },
});

const begun = performance.now();
/** Progress, with the minutes and seconds that have passed. */
const tell = (line: string): void => {
  const seconds = Math.floor((performance.now() - begun) / 1000);
  process.stderr.write(`kernels: ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} ${line}\n`);
};

const chosenTargets = (): readonly Target[] => {
  const only = values.only ?? [];
  const known = targets.map(({ name }) => name);
  for (const name of only) if (!known.includes(name)) throw errors.unknownTarget({ name, known });
  return targets.filter(({ name }) => only.length === 0 || only.includes(name));
};

/** Does something with each of some things, a few at a time. */
const forEachOf = async <T>(things: readonly T[], work: (thing: T) => Promise<void>): Promise<void> => {
  const left = [...things];
  const worker = async () => {
    for (let thing = left.shift(); thing !== undefined; thing = left.shift()) await work(thing);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
};

/** The disk of the project for a target: one for each machine, with the simulated device built for it where it is needed. */
const projectDisks = (cache: string, work: string, tools: Tools) => {
  const disks = new Map<string, Promise<string>>();
  const make = async (ready: Ready, name: string): Promise<string> => {
    const { machine, supported } = ready.target;
    if (supported) tell(`the simulated device for ${machine}`);
    const device = supported ? await getDevice(cache, work, tools, ready) : undefined;
    const disk = join(work, `project-${name}.ext4`);
    makeProjectDisk(disk, work, device);
    return disk;
  };
  return (ready: Ready): Promise<string> => {
    const { machine, supported } = ready.target;
    const name = supported ? machine : `${machine}-bare`;
    const disk = disks.get(name) ?? make(ready, name);
    disks.set(name, disk);
    return disk;
  };
};

const show = (results: readonly TargetResult[]): void => {
  if (values.json) {
    process.stdout.write(`${JSON.stringify(results.map((each) => ({ ...each, ...judge(each) })))}\n`);
    return;
  }
  for (const result of results) {
    const { passed, skipped, expected, unexpected } = judge(result);
    const counts = `${passed} passed, ${skipped} skipped, ${expected.length} failed as expected, ${unexpected.length} failed`;
    process.stdout.write(`${result.target} (Linux ${result.kernel}): ${counts}\n`);
    for (const { file, name, why } of unexpected) process.stdout.write(`  ${file}: ${name}: ${why}\n`);
  }
};

const main = async (): Promise<number> => {
  if (values.list) {
    for (const { name, machine, release, supported } of targets)
      process.stdout.write(
        `${name.padEnd(12)} ${machines[machine].debian.padEnd(6)} ${release.name}${supported ? '' : ', too old: must say so'}\n`,
      );
    return 0;
  }
  const chosen = chosenTargets();
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'whytrace', 'kernels');
  mkdirSync(join(cache, 'devices'), { recursive: true });
  const work = mkdtempSync(join(tmpdir(), 'whytrace-kernels-'));
  let isFine = false;
  try {
    const { tools, ready: targetsReady } = prepare(chosen, { cache, refresh: values.refresh, tell });
    const diskFor = projectDisks(cache, work, tools);
    const results: TargetResult[] = [];
    await forEachOf(targetsReady, async (ready) => {
      const project = await diskFor(ready);
      const minutes = Number(values.minutes);
      const result = await runTarget(ready, { tools, work, project, words: positionals, minutes, tell });
      results.push(result);
      // At once: a run that is ended early has kept what it found.
      if (positionals.length === 0) keepResults([result]);
    });
    show(results);
    isFine = results.every((result) => judge(result).unexpected.length === 0);
  } finally {
    if (values.keep || !isFine) tell(`disks and consoles are kept in ${work}`);
    else rmSync(work, { recursive: true, force: true });
  }
  return isFine ? 0 : 1;
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
try {
  process.exitCode = await main();
} catch (thrown) {
  if (!(thrown instanceof UserError)) throw thrown;
  process.stderr.write(`kernels: ${messageOf(thrown)}\n`);
  process.exitCode = thrown.exitCode;
}
