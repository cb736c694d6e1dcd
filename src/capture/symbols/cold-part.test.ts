import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { compile, lacksCompiler, temporaryFolder } from '../compile-for-test.ts';
import { coldPartOf } from './cold-part.ts';
import { openElf } from './elf.ts';

const SOURCE = `__attribute__((cold, noinline)) void rare(int *x) { *x += 7; __asm__ volatile("" ::: "memory"); }
int other(int a) { return a + 1; }
int split(int *x, int n) {
  for (int i = 0; i < n; i++) {
    if (__builtin_expect(x[i] == 1, 0)) { rare(x + i); x[i] *= 3; rare(x); }
    if (__builtin_expect(x[i] == 5, 0)) { rare(x + i); x[i] -= 3; rare(x); }
    if (__builtin_expect(x[i] == 9, 0)) { rare(x + i); x[i] ^= 3; rare(x); }
    x[i] += other(i);
  }
  return other(x[0]);
}
int whole(int *x) { *x += 1; return other(*x); }
int main(int argc, char **argv) { return split(&argc, 1) + whole(&argc); }
`;

test('the part of a stripped function that lies elsewhere is found', { skip: lacksCompiler }, (t) => {
  const program = compile(temporaryFolder(t), 'split', SOURCE, ['-O2', '-freorder-blocks-and-partition', '-rdynamic']);
  const symbols = execFileSync('nm', ['-S', program], { encoding: 'utf8' });
  const cold = /^([0-9a-f]+) ([0-9a-f]+) t split\.cold$/m.exec(symbols);
  if (!cold) return t.skip('this compiler does not split the function');
  const [start, size] = [parseInt(cold[1] ?? '', 16), parseInt(cold[2] ?? '', 16)];
  execFileSync('strip', [program]);
  using elf = openElf(program);
  assert.deepEqual(coldPartOf(elf, 'split'), { start, end: start + size });
  for (const name of ['whole', 'other', 'main', 'absent']) assert.equal(coldPartOf(elf, name), undefined, name);
});

/** Jumps to each byte of some code that lies elsewhere: as a file looks that was made to cost time. */
const MANY = `__asm__(".text\\n.globl many\\n.type many,@function\\nmany:\\n"
  ".set i, 0\\n.rept 30000\\n.byte 0xe9\\n.long beyond + i - . - 4\\n.set i, i + 1\\n.endr\\n.size many, .-many\\n"
  "beyond: .skip 30000, 0x90\\n");
int main(void) { return 0; }
`;

test('a file with jumps to everywhere is given up after some of them', {
  skip: lacksCompiler || (process.arch === 'x64' ? false : 'needs x86-64'),
}, (t) => {
  using elf = openElf(compile(temporaryFolder(t), 'many', MANY, ['-O1', '-rdynamic']));
  const { mock } = t.mock.method(elf, 'read');
  assert.equal(coldPartOf(elf, 'many'), undefined);
  const reads = mock.callCount();
  assert.ok(reads > 1000 && reads < 20_000, `${reads} reads`);
});
