// Stacks get their frames whenever these are found, and equal ones are one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded, type Scene } from '../../test/recorded.ts';
import type { FrameRow } from './stack-writer.ts';

const frame = (name: string, line: number | null = null): FrameRow => ({
  ...{ kind: 'python', name, module: null, path: null, offset: 0, file: 'a.py', line },
});
const rowsOf = (build: (made: Scene) => void, sql: string): readonly unknown[] =>
  recorded(build, ({ database }) =>
    database
      .prepare(sql)
      .all()
      .map((row) => Object.values(row)),
  );
const TAKEN = 'SELECT id, stack, reason, weight FROM taken_stack ORDER BY id';

test('frames may come before the row is written, after it, or never', () => {
  const build = ({ writer }: Scene) => {
    const { stacks } = writer;
    const [early, late, never, empty] = [stacks.take(0, 1), stacks.take(1, 3), stacks.take(2, 99), stacks.take(2, 1)];
    stacks.define(early, 10, [frame('f', 1)], true);
    writer.commit(1);
    stacks.define(late, 10, [frame('g', 2)], false);
    stacks.define(empty, 10, [], true);
    writer.commit(2);
    assert.deepEqual([early, late, never], [1, 2, 3]);
  };
  assert.deepEqual(rowsOf(build, TAKEN), [
    [1, 1, 0, 1],
    [2, 2, 1, 3],
    [3, null, 2, 99],
    [4, null, 2, 1],
  ]);
  assert.deepEqual(
    rowsOf(build, 'SELECT stack, position, name, kind, file, line, complete FROM stacks ORDER BY stack'),
    [
      [1, 0, 'f', 'python', 'a.py', 1, 1],
      [2, 0, 'g', 'python', 'a.py', 2, 0],
    ],
  );
});

test('equal stacks of a process are one; another line, process or end makes another', () => {
  const build = ({ writer: { stacks } }: Scene) => {
    const define = (pid: number, frames: readonly FrameRow[], complete = true) =>
      stacks.define(stacks.take(0, 1), pid, frames, complete);
    define(10, [frame('f', 1), frame('main', 9)]);
    define(10, [frame('f', 1), frame('main', 9)]);
    define(10, [frame('f', 2), frame('main', 9)]);
    define(20, [frame('f', 1), frame('main', 9)]);
    define(10, [frame('f', 1), frame('main', 9)], false);
    stacks.flush();
    define(10, [frame('f', 1), frame('main', 9)]);
  };
  assert.deepEqual(rowsOf(build, 'SELECT stack FROM taken_stack ORDER BY id').flat(), [1, 1, 2, 3, 4, 1]);
  assert.deepEqual(rowsOf(build, 'SELECT pid, frames, complete FROM stack ORDER BY id'), [
    [10, 2, 1],
    [10, 2, 1],
    [20, 2, 1],
    [10, 2, 0],
  ]);
  assert.deepEqual(rowsOf(build, 'SELECT count(*) FROM frame'), [[3]]);
});

test('of native code the path of its file is kept beside its name; files of the same name are two', () => {
  const at = (path: string): FrameRow => ({ ...frame('f'), kind: 'native', module: 'lib.so', path, file: null });
  const build = ({ writer: { stacks } }: Scene) => {
    stacks.define(stacks.take(0, 1), 10, [at('/usr/lib/lib.so'), at('/srv/lib.so')], true);
  };
  assert.deepEqual(rowsOf(build, 'SELECT module, path FROM stacks ORDER BY position'), [
    ['lib.so', '/usr/lib/lib.so'],
    ['lib.so', '/srv/lib.so'],
  ]);
  recorded(build, (recording) =>
    assert.deepEqual(
      recording
        .stacksOf([1])
        .get(1)
        ?.frames.map(({ path }) => path),
      ['/usr/lib/lib.so', '/srv/lib.so'],
    ),
  );
});

test('more stacks than are held back keep their numbers', () => {
  const taken = 10_000;
  const build = ({ writer: { stacks } }: Scene) => {
    const ids = Array.from({ length: taken }, () => stacks.take(2, 1));
    for (const id of ids) if (id % 2 === 0) stacks.define(id, 1, [frame(`f${id % 100}`)], true);
  };
  assert.deepEqual(rowsOf(build, 'SELECT count(*), max(id), count(stack), count(DISTINCT stack) FROM taken_stack'), [
    [taken, taken, taken / 2, 50],
  ]);
});

test('calls, waits and samples tell their stack and its weight', () => {
  const thread = { pid: 10, tid: 11, comm: 'x' };
  const build = ({ call, wait, sample }: Scene) => {
    call(thread, 'cudaFree', 0, 5, { stack: ['f'], weight: 64 });
    call(thread, 'cudaFree', 10, 5);
    wait(thread, 20, 5, { syscall: 'futex', stack: ['g'] });
    wait(thread, 30, 5, { syscall: 'futex' });
    sample(thread, 40, { cpu: 3, stack: ['f'] });
    sample(thread, 50, { cpu: 3 });
  };
  assert.deepEqual(rowsOf(build, 'SELECT stack, stack_weight, weight FROM calls ORDER BY id'), [
    [1, 64, 1],
    [null, null, 1],
  ]);
  assert.deepEqual(rowsOf(build, 'SELECT stack, stack_weight FROM waits ORDER BY id'), [
    [2, 1],
    [null, null],
  ]);
  assert.deepEqual(rowsOf(build, 'SELECT time_ns, pid, tid, comm, cpu, stack, weight FROM cpu_samples ORDER BY id'), [
    [40, 10, 11, 'x', 3, 1, 1],
    [50, 10, 11, 'x', 3, null, 1],
  ]);
});
