// Stacks of C++ without frame pointers: from the kernel's copy of the stack to names, against gdb's own backtrace of the
// same program at the same calls. gdb knows the program; the recorder only sees what is in memory.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { number, text } from '../../src/store/row.ts';
import { freshFolder, here, lab, look, type Owner, type Seen, startRecorder } from './recorder.ts';

const ROUNDS = 6;
/** Calls of the program in a round. */
const WAYS = 13;
const SCRIPT = `set debuginfod enabled off
set pagination off
set breakpoint pending on
set print frame-arguments none
set backtrace past-main on
set backtrace past-entry on
break cudaMalloc
commands
silent
bt
echo \\n--\\n
continue
end
run
`;

const missing =
  spawnSync('g++', ['--version']).status !== 0
    ? 'needs g++'
    : spawnSync('gdb', ['--version']).status !== 0
      ? 'needs gdb, to compare with'
      : false;
const options = { ...here, skip: here.skip === false ? missing : here.skip };

const build = (folder: string, flags: readonly string[]): string => {
  const cudart = join(dirname(lab('train')), 'libcudart.so.12');
  const program = join(folder, 'stacks-native');
  const source = join(import.meta.dirname, 'programs', 'stacks-native.cpp');
  execFileSync('g++', [
    ...['-std=c++17', '-O2', '-Wall', '-pthread', ...flags, source, '-o', program],
    ...[cudart, `-Wl,-rpath,${dirname(cudart)}`],
  ]);
  return program;
};

/** Without what gdb and we tell differently: clones of a function, and the type that a template returns. */
const plainName = (name: string) =>
  name
    .replace(/ \[clone .*\]$/, '')
    .replace(/^[\w:]+ (?=[\w:]+<)/, '')
    .trim();

/** The program's own functions at each call, innermost first, as gdb sees them. */
const seenByGdb = (folder: string, program: string): string[][] => {
  const script = join(folder, 'backtraces.gdb');
  writeFileSync(script, SCRIPT);
  const said = execFileSync('gdb', ['-q', '-batch', '-x', script, program], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return said
    .split('\n--\n')
    .slice(0, -1)
    .map((backtrace) =>
      [...backtrace.matchAll(/^#\d+ +0x[0-9a-f]+ in (.*) \(\)$/gm)].map(([, name = '']) => plainName(name)),
    );
};

const FRAMES = `SELECT s.name, s.module FROM stacks s WHERE s.stack = ? ORDER BY s.position`;

/** Of each call in time order, the program's own functions, innermost first; undefined where no stack was taken. */
const seenByUs = ({ rows }: Seen): (string[] | undefined)[] =>
  rows(`SELECT id, stack FROM calls WHERE op = 'cudaMalloc' ORDER BY start_ns`).map((call) =>
    call.stack === null
      ? undefined
      : rows(FRAMES, number(call, 'stack'))
          .filter((frame) => frame.module === 'stacks-native')
          .map((frame) => plainName(text(frame, 'name'))),
  );

const record = async (owner: Owner, folder: string, program: string): Promise<Seen> => {
  const path = join(folder, 'r.db');
  const env = { CUDASIM_ALLOC_US: '3000' };
  const recorder = startRecorder(owner, path, ['-q', '--', program, String(ROUNDS)], { env });
  const { code, stderr } = await recorder.ended;
  assert.equal(code, 0, stderr);
  return look(owner, path);
};

const compare = (ours: readonly (string[] | undefined)[], theirs: readonly string[][]) => {
  const isEqual = (a: readonly string[], b: readonly string[]) => a.join('\n') === b.join('\n');
  let right = 0;
  const wrong: string[] = [];
  for (const [i, stack] of ours.entries()) {
    const wanted = theirs[i % theirs.length] ?? [];
    if (stack !== undefined && isEqual(stack, wanted)) right++;
    else wrong.push(`call ${i}: ${stack?.join(' < ') ?? 'no stack'}\n  gdb: ${wanted.join(' < ')}`);
  }
  return { share: right / ours.length, wrong };
};

for (const flags of [['-fomit-frame-pointer'], ['-fno-omit-frame-pointer'], ['-fomit-frame-pointer', '-no-pie', '-s']])
  test(`C++ stacks are those of gdb: ${flags.join(' ')}`, options, async (t) => {
    const folder = freshFolder(t);
    const isStripped = flags.includes('-s');
    const theirs = seenByGdb(
      folder,
      build(
        folder,
        flags.filter((flag) => flag !== '-s'),
      ),
    );
    assert.equal(theirs.length, WAYS, 'gdb saw each way once');
    assert.ok(theirs.every((stack) => stack.length >= 2));
    const seen = await record(t, folder, isStripped ? build(folder, flags) : join(folder, 'stacks-native'));
    const ours = seenByUs(seen);
    assert.equal(ours.length, ROUNDS * theirs.length);
    if (isStripped) {
      // No names, and as many frames.
      const depths = ours.map((stack) => stack?.length);
      assert.deepEqual(
        depths.slice(0, WAYS),
        theirs.map((stack) => stack.length),
      );
      return;
    }
    const { share, wrong } = compare(ours, theirs);
    assert.ok(share >= 0.95, `${(share * 100).toFixed(1)} % are right\n${wrong.slice(0, 20).join('\n')}`);
  });
