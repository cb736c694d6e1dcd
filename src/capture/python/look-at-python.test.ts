import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { compile, lacksCompiler, start, temporaryFolder } from '../compile-for-test.ts';
import { parseMaps } from '../maps.ts';
import { lookIntoMemory } from '../process-memory.ts';
import { createPythonFinder } from '../python-runtime.ts';
import { findPythons } from '../pythons-for-test.ts';
import { createPythonLooker, type PythonAnswer, provePython } from './look-at-python.ts';
import { pythonOffsets } from './offsets.gen.ts';
import { layoutOf, type PythonLayout } from './python-layout.ts';
import { threadLayoutOf } from './thread-slot.ts';

const all = findPythons().filter(({ version: [major] }) => major === 3);
const supported = all.filter(({ version: [, minor], isFreeThreaded }) => minor >= 9 && minor <= 14 && !isFreeThreaded);

const PROGRAM = `
import threading, time
def größe(n):
  with lock, lock:
    print("up", flush=True)
    time.sleep(60)
def generator():
  yield größe(1)
lock = threading.RLock()
threading.Thread(target=time.sleep, args=[60], daemon=True).start()
for _ in generator(): pass
`;

/** Looks until all is known, as the recorder does: there may not be time for it in one look. */
const lookAgain = async (look: (pid: number) => PythonAnswer, pid: number): Promise<PythonAnswer> => {
  let answer: PythonAnswer = { kind: 'none' };
  for (let looks = 0; looks < 30 && answer.kind !== 'supported'; looks++) {
    await sleep(20);
    answer = look(pid);
  }
  return answer;
};

/** Members of a layout that prove nothing and of which wrong ones do no harm, and why. */
const HARMLESS: Readonly<Record<string, string>> = {
  codeMark: 'only tells a code object from one that had its address before',
  frameBytes: 'more is read than is needed',
};

const parts = (pid: number) => {
  const mappings = parseMaps(readFileSync(`/proc/${pid}/maps`, 'utf8'));
  const startCode = Number(
    readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[23],
  );
  const [runtime] = createPythonFinder()(pid, mappings, startCode).runtimes;
  const threads = threadLayoutOf(pid, mappings);
  assert.ok(runtime && !('why' in threads));
  return { runtime, threads };
};

for (const { name, command, version } of supported) {
  test(`${name} is proven, in whatever it does`, async (t) => {
    const look = createPythonLooker();
    const [program, ...args] = command;
    for (const what of [
      PROGRAM,
      'print("up", flush=True)\nwhile True: [str(i) for i in range(9)]',
      'import asyncio\nasync def f():\n print("up", flush=True)\n await asyncio.sleep(60)\nasyncio.run(f())',
      'print("up", flush=True)\ninput()',
    ]) {
      const { pid, stop } = await start(t, program, [...args, '-c', what]);
      const answer = await lookAgain(look, pid);
      assert.equal(answer.kind, 'supported', JSON.stringify(answer));
      if (answer.kind === 'supported') assert.equal(answer.version, version.join('.'));
      await stop();
      assert.deepEqual(look(pid), { kind: 'none' });
    }
  });

  test(`${name}: with any of its offsets wrong, nothing is taken for proven`, async (t) => {
    const [program, ...args] = command;
    const { pid } = await start(t, program, [...args, '-c', PROGRAM]);
    await sleep(50);
    const { runtime, threads } = parts(pid);
    lookIntoMemory(pid, (read) => {
      const found = layoutOf(read, runtime);
      assert.ok(found.kind === 'layout');
      // More of a frame is read than is needed, so that a wrong offset shows something.
      const right: PythonLayout = { ...found.layout, frameBytes: 128 };
      const truth = provePython(read, runtime, right, threads);
      assert.ok(truth.kind === 'supported', JSON.stringify(truth));
      for (const [member, value] of Object.entries(right)) {
        if (value < 0 || !(member in pythonOffsets['3.9']) || member in HARMLESS) continue;
        for (const wrong of [value + 8, value + 16]) {
          const layout: PythonLayout = { ...right, [member]: wrong };
          const answer = provePython(read, runtime, layout, threads);
          if (answer.kind === 'supported')
            assert.deepEqual(answer.process, truth.process, `${member} ${wrong} instead of ${value}`);
        }
      }
      for (const change of [8, 16, -8]) {
        const answer = provePython(read, runtime, right, { ...threads, specific: threads.specific + change });
        if (answer.kind === 'supported')
          assert.equal(answer.process.slot, truth.process.slot, 'another key, and so the same place');
      }
    });
  });
}

/** Programs that would be long to look at: many threads deep in calls, and names that are larger than all else. */
const LARGE = {
  threads: `
import threading, time
def f(n): return f(n - 1) if n else time.sleep(60)
for _ in range(16): threading.Thread(target=f, args=[300], daemon=True).start()
print("up", flush=True)
time.sleep(60)`,
  name: `
import time
made = {}
exec(compile("def f(n):\\n return f(n - 1) if n else (print('up', flush=True), time.sleep(60))", "x" * 1000000, "exec"), made)
made["time"] = time
made["f"](900)`,
};

for (const { name, command } of supported)
  test(`${name}: no look takes long`, async (t) => {
    const look = createPythonLooker();
    const [program, ...args] = command;
    for (const [what, source] of Object.entries(LARGE)) {
      const { pid, stop } = await start(t, program, [...args, '-c', source]);
      await sleep(30);
      const looks = Array.from({ length: 12 }, () => {
        const began = performance.now();
        const { kind } = look(pid);
        return { kind, took: performance.now() - began };
      });
      const took = looks.map((each) => each.took).toSorted((a, b) => a - b);
      // Not all, nor half: other tests run on this machine too.
      assert.ok((took[3] ?? Number.NaN) < 12, `${what}: ${took.map((ms) => ms.toFixed(1)).join(' ')} ms`);
      const kinds = looks.map(({ kind }) => kind);
      assert.ok(kinds.includes('supported'), `${what}: ${kinds.join(' ')}`);
      await stop();
    }
  });

for (const { name, command, isFreeThreaded } of all.filter((each) => !supported.includes(each)))
  test(`${name} is not supported`, async (t) => {
    const [program, ...args] = command;
    const { pid } = await start(t, program, [...args, '-c', 'import time\nprint("up", flush=True)\ntime.sleep(60)']);
    await sleep(20);
    const answer = createPythonLooker()(pid);
    if (isFreeThreaded) assert.deepEqual(answer, { kind: 'unsupported', why: 'free-threaded build' });
    else assert.notEqual(answer.kind, 'supported');
  });

/** What a free-threaded 3.13, a 3.15 or a 3.14 that has not begun says of itself; arguments: version, free-threaded. */
const RUNTIME = `#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
char _PyRuntime[4096] __attribute__((aligned(64))), PyCode_Type[64], PyUnicode_Type[64], PyBytes_Type[64];
int main(int argc, char **argv) {
  uint64_t told[3] = {0, strtoul(argv[1], NULL, 16), atoi(argv[2])}, head = 2048;
  memcpy(told, "xdebugpy", 8);
  memcpy(_PyRuntime, told, sizeof told);
  memcpy(_PyRuntime + 40, &head, 8);
  for (uint64_t i = 6; i < 100; i++) memcpy(_PyRuntime + i * 8, (uint64_t[]){1 << 30}, 8);
  puts("up");
  fflush(stdout);
  return getchar() == 0;
}`;

const answerOf = async (t: TestContext, args: readonly string[]) => {
  const program = compile(temporaryFolder(t), 'runtime', RUNTIME, ['-rdynamic']);
  const { pid } = await start(t, program, args);
  return createPythonLooker()(pid);
};

for (const [what, args, why] of [
  ['a free-threaded build', ['030d00f0', '1'], 'free-threaded build'],
  ['a later version', ['030f00f0', '0'], 'version 3.15'],
  ['a version before its release', ['030e00a1', '0'], 'unsupported build: a version before its release'],
  ['what says of itself what cannot be', ['030e00f0', '0'], 'unsupported build: it tells of itself what cannot be'],
] as const)
  test(`${what} is not supported`, { skip: lacksCompiler }, async (t) =>
    assert.deepEqual(await answerOf(t, args), { kind: 'unsupported', why }),
  );

test('a process without Python has none', async (t) => {
  const { pid } = await start(t, 'sh', ['-c', 'echo up; read x']);
  assert.deepEqual(createPythonLooker()(pid), { kind: 'none' });
});
