// Library calls watched live: with their arguments, what they returned and how long they took; tested in the kernel; counted exactly;
// also when they nest.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { startClock } from '../../src/capture/clock.ts';
import { compile } from '../../src/capture/compile-for-test.ts';
import type { LiveEvent } from '../../src/capture/live/decode.ts';
import { openTap } from '../../src/capture/live/tap.ts';
import { compileProgram, freshFolder, here, lab, type Owner, start, until, WHYTRACE } from './recorder.ts';

/** Makes calls with known arguments each time it is given a line, and says what they returned. */
const PROGRAM = `#include <stdio.h>
#include <unistd.h>
int cudaMalloc(void **pointer, size_t bytes);
int cudaFree(void *pointer);
int cudaMemcpy(void *to, const void *from, size_t bytes, int kind);
int cudaSetDevice(int device);
int main(void) {
  char line[16], host[4096];
  void *p[40];
  cudaSetDevice(0);
  puts("ready");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin)) {
    for (int i = 0; i < 40; i++) if (cudaMalloc(&p[i], (size_t)(i + 1) << 16)) return 1;
    cudaMemcpy(p[0], host, 4096, 1);
    int refused = cudaSetDevice(-1);
    for (int i = 0; i < 40; i++) cudaFree(p[i]);
    printf("%d %llu\\n", refused, (unsigned long long)p[39]);
    fflush(stdout);
  }
  return 0;
}`;

const program = async (owner: Owner) => {
  const folder = freshFolder(owner);
  const libraries = dirname(lab('libcudart.so.12'));
  for (const name of ['libcudart.so.12', 'libcuda.so.1']) copyFileSync(join(libraries, name), join(folder, name));
  const path = compile(folder, 'caller', PROGRAM, [join(folder, 'libcudart.so.12'), `-Wl,-rpath,${folder}`]);
  const running = start(owner, path, [], { env: { LD_LIBRARY_PATH: folder } });
  await until('the program is ready', () => running.stdout().includes('ready'));
  let turns = 0;
  return {
    pid: running.pid,
    turn: async (): Promise<readonly number[]> => {
      turns++;
      running.write('go\n');
      const lines = () => running.stdout().trim().split('\n').slice(1);
      await until('the calls were made', () => lines().length === turns);
      return (lines().at(-1) ?? '').split(' ').map(Number);
    },
  };
};

type Event = LiveEvent['values'];

test('arguments, results and times of calls; conditions on each; exact counts', here, async (t) => {
  const { pid, turn } = await program(t);
  const tap = openTap(startClock());
  t.after(() => tap.stop());
  const seen = (condition: string, call = 'cuda:cudaMalloc') => {
    const events: Event[] = [];
    const options = { sample: 1, rate: 5000, wake: false };
    const { counts, event, format } = tap.subscribe(
      `${call} where current.pid == ${pid}${condition}`,
      options,
      ({ values }) => events.push(values),
    );
    return { events, counts, event, format };
  };
  const all = seen('');
  const large = seen(' and bytes > 2MiB');
  const slow = seen(' and duration_ns > 10s');
  const failed = seen(' and ret != 0', 'cuda:cudaSetDevice');
  const either = seen(' and (bytes == 65536 or bytes == 131072)');
  const copies = seen(' and copy_kind == 1 and bytes >= 4KiB', 'cuda:cudaMemcpy');
  const freed = seen(' and ptr != 0', 'cuda:cudaFree');
  const [refused, pointer] = await turn();
  tap.drain();
  assert.deepEqual(
    all.events.map(({ bytes, ret }) => [bytes, ret]),
    Array.from({ length: 40 }, (_, i) => [(i + 1) * 65_536, 0]),
  );
  assert.equal(all.events[39]?.ptr, pointer, 'the pointer that the call wrote');
  assert.ok(all.events.every(({ duration_ns }) => Number(duration_ns) > 0 && Number(duration_ns) < 1e9));
  assert.deepEqual(
    large.events.map(({ bytes }) => bytes),
    [33, 34, 35, 36, 37, 38, 39, 40].map((n) => n * 65_536),
  );
  assert.deepEqual([large.counts().seen, large.counts().matched, large.counts().sent], [40, 8, 8]);
  assert.deepEqual([slow.counts().seen, slow.counts().matched], [40, 0]);
  assert.deepEqual(
    failed.events.map(({ device, ret }) => [device, ret]),
    [[4_294_967_295, refused]],
  );
  assert.deepEqual(
    either.events.map(({ bytes }) => bytes),
    [65_536, 131_072],
  );
  assert.deepEqual(
    copies.events.map(({ bytes, copy_kind, ret }) => [bytes, copy_kind, ret]),
    [[4096, 1, 0]],
  );
  assert.deepEqual(
    freed.events.map(({ ptr }) => ptr),
    all.events.map(({ ptr }) => ptr),
  );
  assert.equal(all.event, 'cuda:cudaMalloc');
  assert.deepEqual(
    all.format.fields.map(({ name }) => name),
    ['bytes', 'ptr', 'ret', 'duration_ns'],
  );
});

test('a limit and a sample hold; without a process the library is found by who uses it', here, async (t) => {
  const { turn } = await program(t);
  const tap = openTap(startClock());
  t.after(() => tap.stop());
  const limited = tap.subscribe('cuda:cudaMalloc', { sample: 1, rate: 10, wake: false }, () => {});
  const sampled = tap.subscribe('cuda:cudaFree', { sample: 4, rate: 5000, wake: false }, () => {});
  for (let i = 0; i < 5; i++) await turn();
  const { matched, sent, limited: over, lost } = limited.counts();
  assert.deepEqual([matched, sent + over + lost], [200, 200]);
  assert.ok(sent >= 10 && sent <= 50, `${sent}`);
  const counts = sampled.counts();
  assert.equal(counts.sampled_out + counts.sent, 200);
  assert.ok(counts.sent > 20 && counts.sent < 90, `${counts.sent} are about 1 in 4`);
});

test('nested calls of one function are each seen once', here, async (t) => {
  const folder = freshFolder(t);
  const library = compileProgram(folder, 'nesting-runtime', { output: 'libcudart.so.12', flags: ['-shared', '-fPIC'] });
  const path = compileProgram(folder, 'nesting', { flags: [library, '-Wl,-rpath,$ORIGIN'] });
  // So that somebody uses the library when the watch begins.
  const holder = start(t, path, ['h', '1']);
  await until('it is mapped', () => readFileSync(`/proc/${holder.pid}/maps`, 'utf8').includes(library));
  const tap = openTap(startClock());
  t.after(() => tap.stop());
  const durations: number[] = [];
  const tapped = tap.subscribe('cuda:cudaStreamSynchronize', { sample: 1, rate: 5000, wake: false }, ({ values }) => {
    durations.push(Number(values.duration_ns));
  });
  const nested = await start(t, path, ['r', '6']).ended;
  assert.equal(nested.code, 0, nested.stderr);
  tap.drain();
  assert.equal(durations.length, 6);
  assert.deepEqual(
    durations,
    durations.toSorted((a, b) => a - b),
    'the innermost returns first and was the shortest',
  );
  // Calls that are left never return: they are counted, and nothing is sent of them.
  const left = await start(t, path, ['l', '4']).ended;
  assert.equal(left.code, 0, left.stderr);
  tap.drain();
  assert.equal(durations.length, 6 + 4);
  assert.equal(tapped.counts().seen, 6 + 4 * 4);
});

test('the command names a misspelt call, a missing library, and shows what it found', here, async (t) => {
  const run = (args: readonly string[]) => start(t, WHYTRACE, ['watch', '--line', ...args]).ended;
  const wrong = await run(['cuda:cudaMaloc']);
  assert.deepEqual([wrong.code, /did you mean cuda:cudaMalloc/.test(wrong.stderr)], [2, true], wrong.stderr);
  const other = await run(['cuda:cudaMalloc', '-p', String(process.pid)]);
  assert.match(other.stderr, /process \d+ has mapped no library that has it/);
  const field = await run(['cuda:cudaMalloc where byte > 1', '-p', String(process.pid)]);
  assert.match(field.stderr, /cuda:cudaMalloc has no field byte.*did you mean bytes/);
  const { pid, turn } = await program(t);
  const watching = start(t, WHYTRACE, [
    'watch',
    '--line',
    'cuda:cudaMalloc where bytes > 2MiB',
    '-p',
    String(pid),
    '-n',
    '3',
  ]);
  while (!watching.hasEnded()) await turn();
  const { stdout, stderr } = await watching.ended;
  const lines = stdout.trim().split('\n');
  assert.equal(lines.length, 3, stderr);
  assert.match(lines[0] ?? '', /caller \(\d+\) cuda:cudaMalloc bytes=\d+ ptr=\d+ ret=0 duration_ns=\d+$/);
});
