// Real runs of small test files: one report of all lanes with true sums, failures and time-outs seen, and the data about lanes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { laneOf, STEPS } from './test-lanes.ts';

const RUNNER = join(import.meta.dirname, 'run-tests.ts');
const root = join(import.meta.dirname, '..');
const FREE = ['src/one.test.ts', 'src/two.test.ts'];
const RECORDING = 'test/kernel/counts.test.ts';
const ALONE = 'test/kernel/truth-locks.test.ts';
const PASSES =
  "import { test } from 'node:test';\ntest('passes', (t) => t.diagnostic('tests 9'));\ntest('is left out', { skip: true }, () => {});\n";

/** Runs files with this content; `lines` are the closing ones. */
const runFiles = (t: TestContext, contents: Readonly<Record<string, string>>, limitMs = 20_000) => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-runner-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  // Inside of a test a run would do nothing.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = ['--disable-warning=ExperimentalWarning', RUNNER, String(limitMs), ...Object.keys(contents)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' });
  assert.equal(stderr, '');
  const counts = [...stdout.matchAll(/^ℹ (tests|pass|fail|skipped|cancelled) (\d+)$/gm)];
  return { status, stdout, counts: counts.map(([, what, count]) => `${what} ${count}`) };
};

test('the files of all lanes are one run: the closing lines come once, and are sums', (t) => {
  const { status, counts, stdout } = runFiles(
    t,
    Object.fromEntries([...FREE, RECORDING, ALONE].map((path): [string, string] => [path, PASSES])),
  );
  assert.equal(status, 0, stdout);
  assert.deepEqual(counts, ['tests 8', 'pass 4', 'fail 0', 'cancelled 0', 'skipped 4']);
  assert.match(stdout, /^ℹ duration_ms [\d.]+\n$/m);
});

for (const [lane, path] of [
  ['first', FREE[0] ?? ''],
  ['second', RECORDING],
  ['last', ALONE],
] as const)
  test(`what fails in the ${lane} lane fails the run, and is named at its end`, (t) => {
    const broken = `import { test } from 'node:test';\ntest('breaks', () => {\n  throw new Error('on purpose');\n});\n`;
    const all = [...FREE, RECORDING, ALONE].map((each): [string, string] => [each, each === path ? broken : PASSES]);
    const { status, counts, stdout } = runFiles(t, Object.fromEntries(all));
    assert.equal(status, 1);
    assert.deepEqual(counts, ['tests 7', 'pass 3', 'fail 1', 'cancelled 0', 'skipped 3']);
    const end = stdout.slice(stdout.indexOf('failing tests:'));
    assert.ok(end.includes(`test at ${path}:2:1`) && end.includes('on purpose'), end);
  });

test('what takes too long is cancelled, and a file that ends by itself has failed', (t) => {
  const { status, stdout } = runFiles(
    t,
    {
      'src/late.test.ts':
        "import { test } from 'node:test';\ntest('late', () => new Promise((end) => setTimeout(end, 1500)));\n",
      'src/exits.test.ts': 'process.exit(3);\n',
      [ALONE]: PASSES,
    },
    400,
  );
  assert.equal(status, 1);
  assert.match(stdout, /test timed out after 400ms/);
  assert.match(stdout, /^✖ .*exits\.test\.ts/m);
  assert.match(stdout, /^✔ passes/m, 'the others run');
});

test('no file at all is no success', () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  assert.equal(spawnSync(process.execPath, [RUNNER, '1000'], { env }).status, 1);
});

test('each lane has its step, and what is said of files is said of files that there are', () => {
  assert.deepEqual(
    STEPS.flatMap((step) => step.map(({ lane }) => lane)),
    ['free', 'recording', 'alone'],
  );
  const kernel = readdirSync(join(root, 'test/kernel')).filter((name) => name.endsWith('.test.ts'));
  const lanes = Map.groupBy(kernel, (name) => laneOf(`test/kernel/${name}`));
  assert.equal(lanes.get('free'), undefined);
  assert.ok((lanes.get('recording')?.length ?? 0) > 10 && (lanes.get('alone')?.length ?? 0) > 10);
  for (const name of ['compare', 'ending', 'live', 'network', 'quiet', 'sched', 'shedding', 'truth-cpu'])
    assert.ok(lanes.get('alone')?.includes(`${name}.test.ts`), name);
  for (const path of ['lab/lab.test.ts', 'lab/cudasim/cudasim.test.ts']) assert.equal(laneOf(path), 'alone');
  assert.equal(laneOf('test/kernel/live-calls.test.ts'), 'recording');
  assert.equal(laneOf('lab/score.test.ts'), 'free');
});
