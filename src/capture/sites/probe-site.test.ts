import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { compile, lacksCompiler, temporaryFolder } from '../compile-for-test.ts';
import { openElf } from '../symbols/elf.ts';
import { findFunctions } from '../symbols/elf-symbols.ts';
import { probeSites, siteText } from './probe-site.ts';

const CUDART = '/usr/local/cuda/lib64/libcudart.so';
const NOPS = { x64: true, x64AnyForm: false, arm64: true };
const skip = process.arch === 'x64' ? lacksCompiler : 'x86-64 only';
const FLAGS = ['-shared', '-fPIC', '-O2', '-nostdlib'];

/** Where functions of a C source are probed, as `+4 push`, by name. */
const sitesIn = (t: TestContext, source: string, flags: readonly string[], names: readonly string[]) => {
  using elf = openElf(compile(temporaryFolder(t), 'library.so', source, [...FLAGS, ...flags]));
  const found = findFunctions(elf, names);
  const sites = probeSites(elf, found, NOPS);
  return Object.fromEntries(
    found.map(({ name, fileOffset }, i) => {
      const site = sites[i];
      assert.ok(site);
      assert.equal(site.fileOffset, fileOffset + site.symbolOffset);
      return [name, siteText(site)];
    }),
  );
};

test('a compiled function with endbr64 is probed behind it', { skip }, (t) => {
  const source = 'int g(int); int f(int a) { return g(a) + g(a + 1); }';
  const found = sitesIn(t, source, ['-fcf-protection=full', '-fno-omit-frame-pointer'], ['f']);
  assert.deepEqual(found, { f: '+4 push' });
});

/** A function of assembly, with its size, followed by `after`. */
const assembly = (body: string, after = ''): string =>
  `asm(".text\\n.globl f\\n.type f,@function\\nf: ${body}\\n.size f,.-f\\n${after}\\n");`;

const CASES: readonly (readonly [what: string, body: string, after: string, site: string])[] = [
  ['behind what reads only', 'test %rdi,%rdi\\n je 1f\\n inc %eax\\n1: ret', '', '+3 branch'],
  [
    'not at the head of a loop',
    'mov %rdi,%rax\\n1: test %rsi,%rsi\\n je 2f\\n dec %rsi\\n jmp 1b\\n2: ret',
    '',
    '+0 single_step',
  ],
  [
    'not where a jump leads behind',
    'xor %eax,%eax\\n1: push %rbx\\n pop %rbx\\n dec %rdi\\n jne 1b\\n ret',
    '',
    '+0 single_step',
  ],
  ['not in a function with a table', 'test %rdi,%rdi\\n je 1f\\n jmp *%rax\\n1: ret', '', '+0 single_step'],
  [
    'not where another function jumps to',
    'mov %rdi,%rax\\n1: push %rbx\\n pop %rbx\\n ret',
    '.globl h\\n.type h,@function\\nh: mov %rsi,%rax\\n jmp 1b\\n.size h,.-h',
    '+0 single_step',
  ],
  [
    'not where a distant function jumps to',
    'mov %rdi,%rax\\n1: push %rbx\\n pop %rbx\\n ret',
    '.fill 4096,1,0xcc\\n.globl h\\n.type h,@function\\nh: mov %rsi,%rax\\n jmp 1b\\n.size h,.-h',
    '+0 single_step',
  ],
  [
    'behind the same where nobody jumps to it',
    'mov %rdi,%rax\\n1: push %rbx\\n pop %rbx\\n ret',
    '.globl h\\n.type h,@function\\nh: mov %rsi,%rax\\n jmp 2f\\n2: ret\\n.size h,.-h',
    '+3 push',
  ],
  [
    'not beyond a second name',
    'mov %rdi,%rax\\n.globl e\\n.type e,@function\\ne: push %rbx\\n pop %rbx\\n ret',
    '',
    '+0 single_step',
  ],
  ['not beyond its size', 'mov %rdi,%rax', 'push %rbx\\n pop %rbx\\n ret', '+0 single_step'],
];
for (const [what, body, after, site] of CASES)
  test(`a probe sits ${what}`, { skip }, (t) => {
    assert.deepEqual(sitesIn(t, assembly(body, after), [], ['f']), { f: site });
  });

test('libcudart is cheap to probe', {
  skip: existsSync(CUDART) && process.arch === 'x64' ? false : `needs ${CUDART}`,
}, () => {
  using elf = openElf(CUDART);
  const found = findFunctions(elf, ['cudaLaunchKernel', 'cudaMalloc', 'cudaMemcpyAsync', 'cudaStreamSynchronize']);
  assert.deepEqual(new Set(probeSites(elf, found, NOPS).map(({ price }) => price)), new Set(['push']));
});
