// Runs the kernel tests inside a guest, one file after another, and says how each ended on the console: a line that begins
// with a mark, and JSON behind it. Knows nothing of the host.
import { release } from 'node:os';
import { run } from 'node:test';
import { LINE_MARK, type Outcome } from '../outcome.ts';
import { leftOutOf, wantedFiles } from '../plan.ts';

const root = new URL('../..', import.meta.url).pathname;
const FILE_LIMIT_MS = 1_800_000;
/** Of the reasons of one test, and of each of them. */
const REASONS = 3;
const REASON_LENGTH = 300;

const [words = '', minutes = '10'] = process.argv.slice(2);
const end = performance.now() + Number(minutes) * 60_000;
const wanted = words.split(',').filter((word) => word !== '');
const say = (what: object) => process.stdout.write(`${LINE_MARK}${JSON.stringify(what)}\n`);

const messageOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replace(/\s+/g, ' ').trim().slice(0, REASON_LENGTH);
};

let number = 0;
/** Says the results of one file as they come, and all of them again at its end: the kernel may write into any line. */
const teller = (file: string) => {
  const told: object[] = [];
  return {
    tell: (name: string, outcome: Outcome, why: string) => {
      const result = { number: ++number, file, name, outcome, why };
      told.push(result);
      say(result);
    },
    end: () => {
      for (const result of told) say(result);
      for (let i = 0; i < 2; i++) say({ ended: file, tests: told.length });
    },
    isSilent: () => told.length === 0,
  };
};

const runFile = (file: string): Promise<void> =>
  new Promise((resolve) => {
    let reasons: string[] = [];
    const { tell, end: tellEnd, isSilent } = teller(file);
    const stream = run({
      files: [root + file],
      concurrency: false,
      timeout: FILE_LIMIT_MS,
      testSkipPatterns: leftOutOf(file).map((name) => new RegExp(`^${name}$`)),
    });
    stream.on('test:pass', ({ name, nesting, skip }) => {
      if (nesting > 0) return;
      if (skip === undefined || skip === false) tell(name, 'passed', '');
      else tell(name, 'skipped', skip === true ? '' : skip);
      reasons = [];
    });
    stream.on('test:fail', ({ name, nesting, details: { error } }) => {
      const why = messageOf(error);
      if (nesting > 0) {
        if (!/subtests? failed/.test(why)) reasons.push(`${name}: ${why}`);
        return;
      }
      tell(name, 'failed', reasons.length > 0 ? reasons.slice(0, REASONS).join(' | ') : why);
      reasons = [];
    });
    stream.on('end', () => {
      if (isSilent()) tell(file, 'failed', 'no test of it was run');
      tellEnd();
      resolve();
    });
    stream.resume();
  });

say({ kernel: release() });
for (const file of wantedFiles(release(), wanted)) {
  if (performance.now() <= end) await runFile(file);
  else {
    const { tell, end: tellEnd } = teller(file);
    tell(file, 'not run', 'the time was up');
    tellEnd();
  }
}
process.exit(0);
