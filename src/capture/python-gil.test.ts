import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { compile, lacksCompiler, start, temporaryFolder } from './compile-for-test.ts';
import { createGilRecogniser, type GilAnswer } from './python-gil.ts';
import { type FoundPython, findPythons } from './pythons-for-test.ts';

/** Threads that wait for the GIL again and again, for a lock, for an item of a queue and for a condition. */
const PROGRAM = `
import json, os, queue, threading, time
tids = {}
def start(name, work):
    def run():
        tids[name] = threading.get_native_id()
        work()
    threading.Thread(target=run, daemon=True).start()
lock = threading.Lock()
lock.acquire()
items = queue.Queue()
simple = queue.SimpleQueue()
condition = threading.Condition()
def wait():
    with condition:
        condition.wait()
def ask():
    while True: time.sleep(0.0002)
def burn():
    n = 0
    while True: n += 1
for name, work in dict(lock=lock.acquire, queue=items.get, simple=simple.get, condition=wait, gil=ask).items():
    start(name, work)
while len(tids) < 5: time.sleep(0.001)
# Until each is where it waits.
time.sleep(0.15)
print(json.dumps(tids), flush=True)
burn()
`;
/** The same inside an interpreter with a GIL of its own: its main thread burns, its other thread asks for the GIL. */
const SUB_PROGRAM = `
import threading, time
try: import _interpreters as interpreters
except ImportError: import _xxsubinterpreters as interpreters
inner = """
import json, threading, time
tids = {}
def ask():
    tids["gil"] = threading.get_native_id()
    while True: time.sleep(0.0002)
threading.Thread(target=ask).start()
while not tids: time.sleep(0.001)
print(json.dumps(tids), flush=True)
while True: pass
"""
made = interpreters.create()
interpreters.run_string(made, inner)
`;

const pythons = findPythons();
const supported = pythons.filter(({ version: [major, minor] }) => major === 3 && minor >= 9 && minor <= 14);
const unsupported = pythons.filter((python) => !supported.includes(python));
const FUTEX = process.arch === 'x64' ? 202 : 98;

/** The futex at which a thread is blocked at this moment. */
const futexOf = (pid: number, tid: number): number | undefined => {
  const [number, address] = readFileSync(`/proc/${pid}/task/${tid}/syscall`, 'utf8').split(' ');
  return Number(number) === FUTEX ? Number(address) : undefined;
};
const cannotSee = ((): string | false => {
  try {
    readFileSync('/proc/self/syscall');
    return false;
  } catch {
    return 'needs /proc/PID/syscall, which this kernel lacks';
  }
})();

const startPython = async (
  t: TestContext,
  { command: [program, ...args] }: FoundPython,
  text: string,
): Promise<{ pid: number; tids: Map<string, number>; stop: () => Promise<void> }> => {
  const { pid, line, stop } = await start(t, program, [...args, '-c', text]);
  return { pid, tids: new Map(Object.entries(JSON.parse(line))), stop };
};

/** What is said of the futexes at which a thread is seen blocked, until `enough` sightings or 5 s are over. */
const answersOf = async (
  pid: number,
  tid: number | undefined,
  enough: number,
  classify: (pid: number, address: number) => GilAnswer,
): Promise<GilAnswer[]> => {
  const answers: GilAnswer[] = [];
  for (const until = Date.now() + 5000; answers.length < enough && Date.now() < until; ) {
    const address = futexOf(pid, tid ?? 0);
    if (address === undefined) await sleep(1);
    else answers.push(classify(pid, address));
  }
  return answers;
};
const times = (count: number, answer: GilAnswer): GilAnswer[] => Array.from({ length: count }, () => answer);

test('there is a Python to test with', { skip: supported.length > 0 ? false : 'needs CPython 3.9 to 3.14' }, (t) => {
  t.diagnostic(pythons.map(({ name }) => name).join('; '));
  assert.ok(supported.length > 0);
});

for (const python of supported) {
  const hasGil = !python.isFreeThreaded;

  test(`waits for the GIL of ${python.name} are told from all others`, { skip: cannotSee }, async (t) => {
    const { pid, tids, stop } = await startPython(t, python, PROGRAM);
    const { classify } = createGilRecogniser();
    // Waits for others first: nothing is known of the process then.
    for (const name of ['lock', 'queue', 'simple', 'condition'])
      assert.deepEqual(await answersOf(pid, tids.get(name), 1, classify), ['other'], name);
    const first = hasGil ? await answersOf(pid, tids.get('gil'), 20, classify) : [];
    assert.deepEqual(first, hasGil ? times(20, 'gil') : []);
    const another = createGilRecogniser();
    if (hasGil) assert.deepEqual(await answersOf(pid, tids.get('gil'), 1, another.classify), ['gil']);
    const gil = hasGil ? await sighting(pid, tids.get('gil') ?? 0) : 0;
    const lock = futexOf(pid, tids.get('lock') ?? 0) ?? 0;
    await stop();
    // What was proven stays so when the process has gone; what was never seen is unknown then.
    if (hasGil) assert.equal(classify(pid, gil), 'gil');
    assert.notEqual(classify(pid, lock), 'gil');
    assert.equal(createGilRecogniser().classify(pid, gil), 'unknown');
  });

  const isOwn = hasGil && python.version[1] >= 12;
  test(`the GIL of an interpreter of its own in ${python.name}`, {
    skip: cannotSee || (isOwn ? false : 'needs 3.12 or newer'),
  }, async (t) => {
    const { pid, tids } = await startPython(t, python, SUB_PROGRAM);
    assert.deepEqual(await answersOf(pid, tids.get('gil'), 5, createGilRecogniser().classify), times(5, 'gil'));
  });
}

for (const python of unsupported) {
  test(`${python.name} is not guessed at`, { skip: cannotSee }, async (t) => {
    const { pid } = await start(t, python.command[0], [
      ...python.command.slice(1),
      '-c',
      'import sys, threading, time\nthreading.Thread(target=lambda: time.sleep(60)).start()\nprint("up")\nsys.stdout.flush()\nwhile True: pass',
    ]);
    const { classify } = createGilRecogniser();
    for (const mapped of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n').slice(0, 10))
      if (mapped !== '') assert.equal(classify(pid, parseInt(mapped, 16) + 64), 'unknown');
  });
}

/** A futex at which the thread is seen blocked, waiting until it is. */
async function sighting(pid: number, tid: number): Promise<number> {
  for (const until = Date.now() + 5000; Date.now() < until; await sleep(1)) {
    const address = futexOf(pid, tid);
    if (address !== undefined) return address;
  }
  throw new Error(`thread ${tid} was never seen at a futex`);
}

const WAITER = `#include <pthread.h>
#include <stdio.h>
int main(void) {
  static pthread_mutex_t mutex;
  printf("%p\\n", (void *)&mutex);
  fflush(stdout);
  return getchar() == 0;
}`;

test('a lock of a program without Python is other, of a process that is not there unknown', {
  skip: lacksCompiler,
}, async (t) => {
  const { pid, line, stop } = await start(t, compile(temporaryFolder(t), 'waiter', WAITER));
  const recogniser = createGilRecogniser();
  assert.equal(recogniser.classify(pid, Number(line)), 'other');
  await stop();
  assert.equal(recogniser.classify(pid, Number(line)), 'other');
  recogniser.forget(pid);
  assert.equal(recogniser.classify(pid, Number(line)), 'unknown');
  assert.equal(recogniser.classify(2 ** 22 + 1, 4096), 'unknown');
  // A kernel thread has no memory.
  assert.equal(recogniser.classify(2, 4096), 'unknown');
});

const OLD = 'int Py_IsInitialized(void) { return 1; }';

test('a Python that shows no runtime is not guessed at', { skip: lacksCompiler }, async (t) => {
  const program = compile(temporaryFolder(t), 'embedding', `${WAITER}\n${OLD}`, ['-rdynamic']);
  const { pid, line } = await start(t, program);
  assert.equal(createGilRecogniser().classify(pid, Number(line)), 'unknown');
});

const python = supported.find(({ isFreeThreaded }) => !isFreeThreaded);

test('a process that becomes Python by exec is looked at anew', {
  skip: cannotSee || (python ? false : 'needs CPython 3.9 to 3.14'),
}, async (t) => {
  const program = PROGRAM.replace(/^print.*$/m, '');
  const { pid } = await start(t, 'sh', [
    '-c',
    'echo up; sleep 0.5; exec "$@"',
    'sh',
    ...(python?.command ?? []),
    '-c',
    program,
  ]);
  const recogniser = createGilRecogniser();
  recogniser.remember(pid);
  assert.equal(recogniser.classify(pid, 4096), 'other');
  const seen = new Set<GilAnswer>();
  for (const until = Date.now() + 5000; Date.now() < until && !seen.has('gil'); await sleep(1))
    for (const tid of readdirSync(`/proc/${pid}/task`)) {
      const address = futexOf(pid, Number(tid));
      if (address !== undefined) seen.add(recogniser.classify(pid, address));
    }
  assert.ok(seen.has('gil'), [...seen].join());
});

test('what was remembered is known after the end', {
  skip: cannotSee || (python ? false : 'needs CPython 3.9 to 3.14'),
}, async (t) => {
  assert.ok(python);
  const { pid, tids, stop } = await startPython(t, python, PROGRAM);
  const recogniser = createGilRecogniser();
  recogniser.remember(pid);
  const gil = await sighting(pid, tids.get('gil') ?? 0);
  await stop();
  assert.equal(recogniser.classify(pid, gil), 'gil');
});
