import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile, lacksCompiler, start, temporaryFolder } from './compile-for-test.ts';
import { lookIntoMemory } from './process-memory.ts';

const PROGRAM = `#include <stdio.h>
static char text[] = "what lies in memory";
int main(void) { printf("%p\\n", (void *)text); fflush(stdout); return getchar() == 0; }`;

test('the memory of another process is read', { skip: lacksCompiler }, async (t) => {
  const { pid, line, stop } = await start(t, compile(temporaryFolder(t), 'program', PROGRAM));
  const at = Number(line);
  const text = lookIntoMemory(pid, (read) => read(at, 19)?.toString());
  assert.equal(text, 'what lies in memory');
  const wrong = lookIntoMemory(pid, (read) => [0, -8, 4096, 2 ** 60, Number.NaN].map((address) => read(address, 8)));
  assert.deepEqual(wrong, [undefined, undefined, undefined, undefined, undefined]);
  // A read that only begins in mapped memory is none.
  assert.equal(
    lookIntoMemory(pid, (read) => read(at, 64 * 1024 * 1024)),
    undefined,
  );
  await stop();
  assert.equal(
    lookIntoMemory(pid, (read) => read(at, 4)),
    undefined,
  );
});

test('memory is closed also when the look throws', () => {
  const wrong = new Error('wrong');
  const look = (): never => {
    throw wrong;
  };
  for (let i = 0; i < 3000; i++) assert.throws(() => lookIntoMemory(process.pid, look), wrong);
});
