// The kernel tests on one kernel, from its start to its end, once more where it did not come to its end.
import { join } from 'node:path';
import { missingOf } from './complete.ts';
import { makeEmptyDisk } from './disk.ts';
import { type FileEnd, readLine, type TestResult } from './outcome.ts';
import { wantedFiles } from './plan.ts';
import type { Ready } from './prepare.ts';
import type { TargetResult } from './results.ts';
import type { Tools } from './tools.ts';
import { type Ending, runGuest } from './vm.ts';

/** Beyond the time for the tests: to boot, and to end the last of them. */
const SPARE_MS = 900_000;
/** How many times longer what a test waits for may take there. */
const SLOWNESS = 15;
const TRIES = 2;

export type TargetRun = {
  readonly tools: Tools;
  /** Folder for its log and disks. */
  readonly work: string;
  /** Disk of the project. */
  readonly project: string;
  /** Words that pick files; none: all of the plan. */
  readonly words: readonly string[];
  /** After so many no further file is begun. */
  readonly minutes: number;
  readonly tell: (line: string) => void;
};

const endings: Readonly<Record<Exclude<Ending, 'done'>, string>> = {
  crashed: 'the kernel did not come to its end',
  'time was up': 'the machine was ended: its time was up',
};

/** Runs them. What it did not come to is `not run`. */
export const runTarget = async ({ target, kernel, system }: Ready, run: TargetRun): Promise<TargetResult> => {
  const { tools, work, project, words, minutes, tell } = run;
  const { name, machine } = target;
  const result = join(work, `${name}.result`);
  makeEmptyDisk(result, 1 << 20);
  for (let attempt = 1; ; attempt++) {
    const arrived = new Map<number, TestResult>();
    const ends: FileEnd[] = [];
    let version = kernel.version;
    const log = join(work, `${name}.${attempt}.log`);
    tell(`${name} boots; its console: ${log}`);
    const settings = { job: 'tests', words: words.join(), minutes, slowness: SLOWNESS };
    const disks = { system: system.disk, project, result };
    const limitMs = minutes * 60_000 + SPARE_MS;
    const ending = await runGuest(tools, { machine, kernel, disks, settings, log, limitMs }, (line) => {
      const said = readLine(line);
      if (said === undefined) return;
      if ('kernel' in said) {
        version = said.kernel;
        return;
      }
      if ('ended' in said) {
        ends.push(said);
        return;
      }
      const { number, ...result } = said;
      if (arrived.has(number)) return;
      arrived.set(number, result);
      tell(
        `${name} ${said.outcome}: ${said.file.split('/').at(-1)}: ${said.name}${said.why === '' ? '' : ` (${said.why})`}`,
      );
    });
    const tests = [...arrived.values()];
    const missing = missingOf(wantedFiles(version, words), tests, ends);
    if (ending === 'done' && tests.length > 0 && missing.length === 0) return { target: name, kernel: version, tests };
    const why = ending === 'done' ? 'its tests did not come to their end' : endings[ending];
    if (attempt < TRIES && ending !== 'time was up') {
      tell(`${name}: ${why}; once more`);
      continue;
    }
    const rest = { file: 'all', name: 'what was left', outcome: 'not run', why } as const;
    return { target: name, kernel: version, tests: [...tests, ...missing, rest] };
  }
};
