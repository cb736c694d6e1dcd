import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compile, lacksCompiler, start, temporaryFolder } from '../compile-for-test.ts';
import { parseMaps } from '../maps.ts';
import { lookIntoMemory } from '../process-memory.ts';
import { keysHolding, threadLayoutOf } from './thread-slot.ts';

const mappingsOf = (pid: number) => parseMaps(readFileSync(`/proc/${pid}/maps`, 'utf8'));

test('thread-specific data is found under any key', { skip: lacksCompiler }, async (t) => {
  const program = compile(
    temporaryFolder(t),
    'keys',
    `#include <pthread.h>
#include <stdio.h>
int main(void) {
  pthread_key_t key;
  for (int i = 0; i < 40; i++) pthread_key_create(&key, NULL);
  pthread_setspecific(3, (void *)0x1230);
  pthread_setspecific(key, (void *)0x1230);
  pthread_setspecific(7, (void *)0x4560);
  printf("%lu %u\\n", (unsigned long)pthread_self(), key);
  fflush(stdout);
  return getchar() == 0;
}`,
    ['-pthread'],
  );
  const { pid, line } = await start(t, program);
  const [self = 0, key] = line.split(' ').map(Number);
  const threads = threadLayoutOf(pid, mappingsOf(pid));
  assert.ok(!('why' in threads));
  const found = lookIntoMemory(pid, (read) => keysHolding(read, threads, self, new Set([0x1230])));
  assert.deepEqual(found, [3, key]);
});

/** glibc before 2.34 as far as we read it: a libpthread whose description is not exported. */
const OLD_LIBRARY = `#include <stdint.h>
#define TELL(name, ...) __attribute__((visibility("hidden"), used)) const uint32_t _thread_db_##name[] = {__VA_ARGS__}
TELL(sizeof_pthread, 2304);
TELL(pthread_specific, 2048, 1, 784);
TELL(pthread_key_data_data, 64, 1, 8);
TELL(pthread_key_data_level2_data, 128, 32, 0);
int nothing(void) { return 0; }`;

test('a C library that does not export its description has it among its symbols', {
  skip: lacksCompiler,
}, async (t) => {
  const folder = temporaryFolder(t);
  const library = compile(folder, 'libpthread.so.0', OLD_LIBRARY, ['-shared', '-fPIC', '-xc']);
  const program = compile(
    folder,
    'user',
    `#include <stdio.h>\nint nothing(void);\nint main(void) { puts("up"); fflush(stdout); return nothing() + getchar(); }`,
    [library, `-Wl,-rpath,${folder}`],
  );
  const { pid } = await start(t, program);
  const mappings = mappingsOf(pid).filter(({ path }) => path?.startsWith(folder));
  const told = { size: 2304, specific: 784, blocks: 32, blockKeys: 32, keyBytes: 16, keyData: 8 };
  assert.deepEqual(threadLayoutOf(pid, mappings), told);
  execFileSync('strip', [library]);
  const why = 'unsupported build: its C library does not describe its threads';
  assert.deepEqual(threadLayoutOf(pid, mappings), { why });
  assert.deepEqual(threadLayoutOf(pid, []), { why });
});

test('musl is told apart', () => {
  const [mapping] = parseMaps(`7f00-7f01 r-xp 00000000 fe:00 12 /lib/ld-musl-x86_64.so.1\n`);
  assert.ok(mapping);
  assert.deepEqual(threadLayoutOf(1, [mapping]), { why: 'musl' });
});
