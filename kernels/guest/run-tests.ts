// Runs the kernel tests inside a guest, one file after another, and says how each ended on the console: a line that begins
// with a mark, and JSON behind it. Knows nothing of the host.
import { release } from 'node:os';
import { run } from 'node:test';
import { LINE_MARK, type Outcome } from '../outcome.ts';
import { leftOutOf, testFiles } from '../plan.ts';

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

const runFile = (file: string): Promise<void> =>
  new Promise((resolve) => {
    let reasons: string[] = [];
    let told = 0;
    const tell = (name: string, outcome: Outcome, why: string) => {
      told++;
      say({ file, name, outcome, why });
    };
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
      if (told === 0) tell(file, 'failed', 'no test of it was run');
      resolve();
    });
    stream.resume();
  });

say({ kernel: release() });
for (const file of testFiles(release()).filter(
  (path) => wanted.length === 0 || wanted.some((word) => path.includes(word)),
)) {
  if (performance.now() > end) say({ file, name: file, outcome: 'not run', why: 'the time was up' });
  else await runFile(file);
}
process.exit(0);
