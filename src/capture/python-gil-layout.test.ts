import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { compile, lacksCompiler, start, temporaryFolder } from './compile-for-test.ts';
import { parseMaps } from './maps.ts';
import { lookIntoMemory, type ReadMemory } from './process-memory.ts';
import { createGilRecogniser, type GilAnswer } from './python-gil.ts';
import { gilsOf } from './python-gil-layout.ts';
import { createPythonFinder } from './python-runtime.ts';
import { findPythons } from './pythons-for-test.ts';

const pythons = findPythons().filter(({ version: [major, minor] }) => major === 3 && minor >= 9 && minor <= 14);

for (const { name, command } of pythons)
  test(`${name} with any damage to its memory is proven right or not at all`, async (t) => {
    const { pid } = await start(t, command[0], [
      ...command.slice(1),
      '-c',
      'import threading, time\nthreading.Thread(target=time.sleep, args=[60], daemon=True).start()\nprint("up", flush=True)\nwhile True: pass',
    ]);
    const mappings = parseMaps(readFileSync(`/proc/${pid}/maps`, 'utf8'));
    const startCode = Number(
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[23],
    );
    const [runtime] = createPythonFinder()(pid, mappings, startCode).runtimes;
    assert.ok(runtime);
    const kept = new Map<string, Buffer>();
    const truth = lookIntoMemory(pid, (read) => {
      const keep: ReadMemory = (address, length) => {
        const bytes = read(address, length);
        if (bytes) kept.set(`${address} ${length}`, bytes);
        return bytes;
      };
      return gilsOf(keep, runtime);
    });
    assert.equal(truth?.ranges.length, 1);
    const keys = [...kept.keys()];
    const change = fc.record({ key: fc.constantFrom(...keys), at: fc.nat(1000), value: fc.nat(255) });
    fc.assert(
      fc.property(change, ({ key, at, value }) => {
        const damaged = Buffer.from(kept.get(key) ?? Buffer.alloc(0));
        damaged[at % damaged.length] = value;
        const found = gilsOf((address, length) => {
          const wanted = `${address} ${length}`;
          return wanted === key ? damaged : kept.get(wanted);
        }, runtime);
        if (found) assert.deepEqual(found.ranges, truth?.ranges);
      }),
      { numRuns: 3000 },
    );
  });

/**
 * A runtime as CPython 3.14 lays it out, free-threaded or not: no such build is commonly installed. One thread waits for
 * the condition variable of its GIL, one for another mutex inside the runtime. Arguments: free-threaded, GIL's `locked`.
 */
const RUNTIME = `#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
char _PyRuntime[4096] __attribute__((aligned(64)));
enum { HEAD = 1024, INTERP = 1280, GIL = 64, NEXT = 8, THREADS = 16, THREAD = 2048, OWNER = 24, OTHER = 2560 };
static void put(long at, uint64_t value) { memcpy(_PyRuntime + at, &value, 8); }
static pthread_cond_t *cond;
static pthread_mutex_t *mutex;
static volatile int tids[2];
static void *wait_gil(void *x) {
  tids[0] = gettid();
  pthread_mutex_lock(mutex);
  for (;;) pthread_cond_wait(cond, mutex);
}
static void *wait_other(void *x) {
  tids[1] = gettid();
  pthread_mutex_lock((pthread_mutex_t *)(_PyRuntime + OTHER));
  return x;
}
int main(int argc, char **argv) {
  int shift = atoi(argv[1]) ? 8 : 0;
  uint64_t self = (uint64_t)_PyRuntime, gil = INTERP + GIL;
  memcpy(_PyRuntime, "xdebugpy", 8);
  put(8, 0x030e0af0);
  put(16, shift != 0);
  put(40, HEAD);
  uint64_t interpreter[] = {0, 0, NEXT, THREADS, 0, 0, 0, 0, 0, 0, GIL, 0, GIL + 16 + shift, GIL + 8 + shift, 0, 0,
                            0, 0, 0, OWNER};
  memcpy(_PyRuntime + 48, interpreter, sizeof interpreter);
  put(HEAD, self + INTERP);
  put(HEAD + 8, self + INTERP);
  put(HEAD + 16, 1);
  put(INTERP, self + gil);
  put(INTERP + THREADS, self + THREAD);
  put(THREAD + OWNER, self + INTERP);
  put(gil + shift, 5000);
  put(gil + shift + 8, self + THREAD);
  put(gil + shift + 16, (uint32_t)atoi(argv[2]));
  cond = (pthread_cond_t *)(_PyRuntime + gil + shift + 32);
  mutex = (pthread_mutex_t *)(cond + 1);
  pthread_cond_init(cond, NULL);
  pthread_mutex_init(mutex, NULL);
  pthread_mutex_lock((pthread_mutex_t *)(_PyRuntime + OTHER));
  pthread_t thread;
  pthread_create(&thread, NULL, wait_gil, NULL);
  pthread_create(&thread, NULL, wait_other, NULL);
  while (!tids[0] || !tids[1]) usleep(1000);
  printf("%d %d\\n", tids[0], tids[1]);
  fflush(stdout);
  return getchar() == 0;
}`;

const waitOf = async (pid: number, tid: string): Promise<number> => {
  for (const until = Date.now() + 5000; Date.now() < until; await sleep(1)) {
    const [number, address] = readFileSync(`/proc/${pid}/task/${tid}/syscall`, 'utf8').split(' ');
    if (number === (process.arch === 'x64' ? '202' : '98')) return Number(address);
  }
  throw new Error(`thread ${tid} was never seen at a futex`);
};

const answers = async (t: TestContext, args: readonly string[]): Promise<readonly GilAnswer[]> => {
  const program = compile(temporaryFolder(t), 'runtime', RUNTIME, ['-pthread', '-rdynamic']);
  const { pid, line } = await start(t, program, args);
  const { classify } = createGilRecogniser();
  const [gil = '', other = ''] = line.split(' ');
  return [classify(pid, await waitOf(pid, gil)), classify(pid, await waitOf(pid, other))];
};

for (const [what, args, expected] of [
  ['as 3.14 has it', ['0', '1'], ['gil', 'other']],
  ['of a free-threaded build that has its GIL switched on', ['1', '1'], ['gil', 'other']],
  ['that was not made yet', ['0', '-1'], ['unknown', 'unknown']],
  ['with an impossible state', ['0', '7'], ['unknown', 'unknown']],
] as const)
  test(`a GIL ${what}`, { skip: lacksCompiler }, async (t) => assert.deepEqual(await answers(t, args), expected));
