// The whole way: the file of another tool, `import`, and what every tool then says of it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ForeignFile, foreign } from '../../test/foreign.ts';
import { toolArguments } from '../../test/tool-arguments.ts';
import { SHELL_BUDGET } from '../serve/tool.ts';
import { recordingTools, toolNamed } from '../serve/tools.ts';
import { whytrace } from './run-for-test.ts';
import { toolContext } from './tool-context.ts';

const MS = 1e6;
/** A loop of launches whose first takes 30 ms on a CPU, and a claim that context switches slowed it. */
const fill = (file: ForeignFile) => {
  file.session();
  file.name(100, 'python3');
  file.call(1, 3, 0, 30 * MS, { arg0: 4096 });
  file.call(4, 1, 29.9 * MS, 50_000, { arg0: 8192 });
  for (let i = 1; i < 60; i++) {
    file.call(1, 3, i * 100 * MS, 70_000, { arg0: 4096 });
    file.off(i * 100 * MS + MS, 200_000 + i * 1_000);
  }
  file.claim('c', 'cudaLaunchKernel', 30_000, '58 sched_switch events');
};
const needed: Readonly<Record<string, object>> = { run_sql: { query: 'SELECT verdict, evidence FROM foreign_claim' } };
const ask = (name: string, path: string) =>
  toolNamed(name)?.call(needed[name] ?? toolArguments(name), toolContext(path, SHELL_BUDGET)) ??
  Promise.reject(new Error(name));

test('import, then every tool answers on it', async () => {
  const file = foreign('0.9');
  try {
    fill(file);
    const from = file.done();
    const made = await whytrace(['import', from, '-o', file.output]);
    assert.equal(made.code, 0, made.err);
    assert.match(made.out, /61 calls .*59 intervals off the CPU/);
    assert.match(made.out, /its one stored causal chain is kept as a claim/);
    assert.match(made.out, /not told by such files: who ended a wait/);
    for (const { name } of recordingTools) assert.ok(await ask(name, file.output), name);
    assert.match(JSON.stringify(await ask('run_sql', file.output)), /refuted.*calls:2/);
    const why = JSON.parse((await whytrace(['explain', file.output, '--op', 'cudaLaunchKernel', '--json'])).out);
    assert.deepEqual([why.chains[0].root.kind, why.chains[0].symptom.duration_ns], ['first_call', 30 * MS]);
  } finally {
    file.remove();
  }
});

test('without -o the recording lies in the current folder; --json says what was taken; wrong use is one line', async () => {
  const file = foreign();
  try {
    fill(file);
    const from = file.done();
    const { out } = await whytrace(['import', from, '--json'], { cwd: file.folder });
    const { to, taken } = JSON.parse(out);
    assert.deepEqual([to, taken.calls], ['other.whytrace.db', 61]);
    assert.deepEqual(readdirSync(file.folder).sort(), ['other.db', 'other.whytrace.db']);
    const missing = await whytrace(['import']);
    assert.deepEqual([missing.code, missing.out], [2, '']);
    const unknown = await whytrace(['import', new URL(import.meta.url).pathname]);
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /^whytrace: cannot import [^\n]+ not an SQLite file[^\n]+\n$/);
  } finally {
    file.remove();
  }
});

/** Recordings that other people made are not part of the project: a folder of them is looked at where one is named. */
const real = process.env.WHYTRACE_FOREIGN_RECORDINGS;
const skip = real === undefined ? 'needs WHYTRACE_FOREIGN_RECORDINGS, a folder of files of other tools' : false;
const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

test('real files stay as they are, every tool answers on them, and no answer says what their rows refute', {
  skip,
}, async () => {
  const folder = real ?? '';
  const out = mkdtempSync(join(tmpdir(), 'whytrace-real-'));
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.db'));
    assert.ok(names.length > 0);
    for (const name of names) {
      const from = join(folder, name);
      const before = [hash(from), readdirSync(folder)];
      const to = join(out, name);
      const { code, err } = await whytrace(['import', from, '-o', to]);
      assert.equal(code, 0, err);
      assert.deepEqual([hash(from), readdirSync(folder)], before);
      for (const tool of recordingTools) assert.ok(await ask(tool.name, to), `${name} ${tool.name}`);
      const { chains } = JSON.parse((await whytrace(['explain', to, '--json'])).out);
      // Who ran instead is in no row of such a file.
      for (const { root } of chains) assert.notEqual(root.kind, 'runnable', name);
    }
  } finally {
    rmSync(out, { recursive: true });
  }
});
