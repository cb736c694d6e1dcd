import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from '../capture/compile-for-test.ts';
import type { PythonProcess } from '../capture/python/python-map.ts';
import { findPythons } from '../capture/pythons-for-test.ts';
import { PYTHON_FORKED } from '../catalogue/events.ts';
import { createPythons } from './pythons.ts';

const python = findPythons().find(
  ({ version: [major, minor], isFreeThreaded }) => major === 3 && minor >= 9 && minor <= 14 && !isFreeThreaded,
);
const skip = python === undefined && 'needs Python 3.9 to 3.14';

/** Looks at a Python that sleeps until something is said of it; the kernel's table has room or not. */
const lookAtOne = async (t: TestContext, hasRoom: boolean) => {
  const said: string[] = [];
  const lives: number[] = [];
  const tell =
    (what: string) =>
    (pid: number, { life }: PythonProcess) => {
      said.push(`${what} ${pid}`);
      lives.push(life);
      return hasRoom;
    };
  const capture = {
    tellPython: tell('tell'),
    tellForked: tell('forked'),
    forgetPython: (pid: number) => void said.push(`forget ${pid}`),
  };
  const pythons = createPythons({ capture, onUnsupported: (pid, why) => void said.push(`${pid}: ${why}`) });
  assert.ok(python);
  const [program, ...args] = python.command;
  const { pid } = await start(t, program, [...args, '-c', 'import time\nprint("up", flush=True)\ntime.sleep(60)']);
  pythons.look(pid);
  for (let looks = 0; looks < 100 && said.length === 0; looks++) {
    await sleep(20);
    pythons.settle();
  }
  return { pid, pythons, said, lives };
};

test('a child of a Python is told of as a fork, with a life of its own', { skip }, async (t) => {
  const { pid, pythons, said, lives } = await lookAtOne(t, true);
  pythons.born(1, pid);
  pythons.born(2, 1);
  pythons.look(pid);
  pythons.ended(1);
  assert.deepEqual(said, [`tell ${pid}`, 'forked 1', 'forked 2', 'forget 1']);
  assert.equal(new Set(lives).size, 3);
  assert.ok(lives.every((life) => life > 0 && life < PYTHON_FORKED));
});

test('where the kernel has no room for a Python, that is said once', { skip }, async (t) => {
  const { pid, pythons, said } = await lookAtOne(t, false);
  pythons.look(pid);
  pythons.settle();
  pythons.ended(pid);
  assert.deepEqual(said, [`tell ${pid}`, `${pid}: no room: there are 1024 Pythons already`]);
});
