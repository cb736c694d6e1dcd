// Runs all checks: types, lint and format, then every test file. `npm test -- WORD...` runs only the test files whose path
// holds one of the words. Runs on any Node from 18 on and imports nothing but Node itself; the tests run on the Node that
// the project brings.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);

const broughtNode = `${root}node_modules/node-linux-${process.arch}/bin/node`;
const node = existsSync(broughtNode) ? broughtNode : process.execPath;

const testFiles = ['bench', 'fuzz', 'kernels', 'lab', 'scripts', 'src', 'test']
  .flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  )
  .filter((path) => path.endsWith('.test.ts'))
  .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
  .sort();

// Programs under test keep keys and logs of their own: not among those of whoever runs the tests.
const state = mkdtempSync(join(tmpdir(), 'whytrace-state-'));
process.on('exit', () => rmSync(state, { recursive: true, force: true }));

// Every test file and every program that it starts would take the types out of the same sources again.
const compiled = `${root}node_modules/.cache/compiled`;

/** Returns whether the step passed. */
const step = (name, command, args) => {
  process.stderr.write(`whytrace: ${name}\n`);
  const { status, error, signal } = spawnSync(command, args, {
    cwd: root,
    env: { NODE_COMPILE_CACHE: compiled, ...process.env, XDG_STATE_HOME: state },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error !== undefined) process.stderr.write(`whytrace: cannot run ${command}: ${error.message}\n`);
  if (signal !== null) process.stderr.write(`whytrace: ${command} was ended by ${signal}\n`);
  return status === 0;
};

// What is asked for several times takes several times as long.
const limitMs = 180_000 * (Number(process.env.WHYTRACE_RUNS) || 1);
const testArguments = [
  '--disable-warning=ExperimentalWarning',
  `${root}scripts/run-tests.ts`,
  `${limitMs}`,
  ...testFiles,
];
const steps = [
  ['types', `${root}node_modules/.bin/tsc`, ['--noEmit']],
  ['lint and format', `${root}node_modules/.bin/biome`, ['check', '--error-on-warnings', '.']],
  [`${testFiles.length} test files`, node, testArguments],
];

if (testFiles.length === 0) {
  process.stderr.write(`whytrace: no test file matches ${words.join(', ')}\n`);
  process.exit(2);
}
// Every step runs, so that one look shows all that is wrong.
const failed = steps.filter((each) => !step(...each)).map(([name]) => name);
if (failed.length > 0) {
  process.stderr.write(`whytrace: failed: ${failed.join('; ')}\n`);
  process.exitCode = 1;
}
