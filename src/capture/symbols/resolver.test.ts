import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cpuTime } from '../../../test/cpu-time.ts';
import { compile, lacksCompiler, start, temporaryFolder } from '../compile-for-test.ts';
import { readBuildId } from './build-id.ts';
import { openElf } from './elf.ts';
import { createResolver, formatAddress } from './resolver.ts';

const plain = (name: string): string => name;
const WORK = `#include <stdio.h>
#include <stdlib.h>
__attribute__((noinline)) int work(int a) { return a * 3; }
int main(void) { printf("%p %p\\n", (void *)work, (void *)main); fflush(stdout); return getchar() + work(1) == 0; }`;

const addressesOf = (line: string): number[] => line.split(' ').map((text) => parseInt(text, 16));

test('functions of a program are named, also after it ended', { skip: lacksCompiler }, async (t) => {
  const program = compile(temporaryFolder(t), 'worker', WORK, ['-O2']);
  const { pid, line, stop } = await start(t, program);
  const [work = 0, main = 0] = addressesOf(line);
  const resolver = createResolver({ demangle: plain });
  t.after(resolver.close);
  assert.equal(resolver.remember(pid), true);
  using elf = openElf(program);
  const from = { module: 'worker', path: program, buildId: readBuildId(elf) };
  assert.deepEqual(resolver.resolve(pid, work + 1), { name: 'work', offset: 1, ...from });
  await stop();
  assert.equal(resolver.remember(pid), false);
  assert.deepEqual(resolver.resolve(pid, main), { name: 'main', offset: 0, ...from });
  assert.equal(formatAddress(resolver.resolve(pid, work + 2)), 'work+0x2');
  resolver.forget(pid);
  assert.equal(formatAddress(resolver.resolve(pid, work)), `0x${work.toString(16)}`);
});

test('a process that ended is known by the text of its maps', { skip: lacksCompiler }, async (t) => {
  const program = compile(temporaryFolder(t), 'short', WORK, ['-O2']);
  const { pid, line, stop } = await start(t, program);
  const [work = 0] = addressesOf(line);
  const maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
  await stop();
  const resolver = createResolver({ demangle: plain });
  t.after(resolver.close);
  assert.equal(resolver.remember(pid), false);
  assert.equal(resolver.remember(pid, maps), true);
  assert.equal(formatAddress(resolver.resolve(pid, work)), 'work+0x0');
  assert.equal(resolver.remember(pid, ''), false);
});

test('a stripped program yields module and offset', { skip: lacksCompiler }, async (t) => {
  const { pid, line } = await start(t, compile(temporaryFolder(t), 'bare', WORK, ['-s', '-O2']));
  const [work = 0] = addressesOf(line);
  const resolver = createResolver({ demangle: plain });
  t.after(resolver.close);
  resolver.remember(pid);
  const base = parseInt(readFileSync(`/proc/${pid}/maps`, 'utf8'), 16);
  assert.equal(formatAddress(resolver.resolve(pid, work)), `bare+0x${(work - base).toString(16)}`);
});

test('what is no code, or nothing at all, has no name', (t) => {
  const resolver = createResolver({ demangle: plain });
  t.after(resolver.close);
  assert.equal(resolver.remember(process.pid), true);
  assert.equal(formatAddress(resolver.resolve(process.pid, 0x10)), '0x10');
  const vdso = /^(\w+)-\w+ r-xp .*\[vdso\]$/m.exec(readFileSync('/proc/self/maps', 'utf8'));
  if (vdso) assert.equal(formatAddress(resolver.resolve(process.pid, parseInt(vdso[1] ?? '', 16) + 16)), '[vdso]+0x10');
  assert.equal(resolver.remember(2 ** 22 + 1), false);
});

test('the path of a file is told also where it cannot be read any more', (t) => {
  const resolver = createResolver({ demangle: plain });
  t.after(resolver.close);
  const gone = 2 ** 22 + 1;
  const line = (start: string, path: string) => `${start}000-${start}fff r-xp 00000000 fe:01 77 ${path}`;
  assert.equal(resolver.remember(gone, `${line('1', '/gone/libx.so')}\n${line('2', '/memfd:code (deleted)')}\n`), true);
  const { module, path, name } = resolver.resolve(gone, 0x1010);
  assert.deepEqual([module, path, name], ['libx.so', '/gone/libx.so', undefined]);
  assert.equal(resolver.resolve(gone, 0x2010).path, undefined);
});

const isRoot = process.getuid?.() === 0;

test('a deleted program is still named after its end', {
  skip: lacksCompiler || (isRoot ? false : 'needs root'),
}, async (t) => {
  const folder = temporaryFolder(t);
  const program = compile(folder, 'passing', WORK);
  const { pid, line, stop } = await start(t, program);
  const [work = 0] = addressesOf(line);
  rmSync(program);
  // Another program now has the name: its symbols would be wrong ones.
  compile(folder, 'passing', WORK.replaceAll('work', 'other'));
  const resolver = createResolver({ demangle: plain });
  t.after(resolver.close);
  resolver.remember(pid);
  await stop();
  assert.equal(formatAddress(resolver.resolve(pid, work + 4)), 'work+0x4');
});

test('a file replaced after we looked gives no wrong names', { skip: lacksCompiler }, async (t) => {
  const folder = temporaryFolder(t);
  const program = compile(folder, 'replaced', WORK);
  const { pid, line } = await start(t, program);
  const [work = 0] = addressesOf(line);
  const resolver = createResolver({ demangle: plain });
  t.after(resolver.close);
  resolver.remember(pid);
  rmSync(program);
  mkdirSync(join(folder, 'x'));
  compile(folder, 'replaced', WORK.replaceAll('work', 'other'));
  assert.match(formatAddress(resolver.resolve(pid, work)), /^replaced\+0x/);
});

const LOADER = (library: string) => `#include <dlfcn.h>
#include <stdio.h>
int main(void) {
  void *one = 0;
  for (;;) {
    int c = getchar();
    if (c == EOF) return 0;
    if (c == 'l') { one = dlopen("${library}", RTLD_NOW); printf("%p\\n", dlsym(one, "_Z5twicei")); }
    if (c == 'u') { dlclose(one); puts("unloaded"); }
    fflush(stdout);
  }
}`;

const skipCpp =
  lacksCompiler || (spawnSync('c++filt', ['--version']).status === 0 ? false : 'needs c++filt from binutils');

test('a library loaded later is seen, kept after it is unloaded, and its name demangled', {
  skip: skipCpp,
}, async (t) => {
  const folder = temporaryFolder(t);
  const library = compile(folder, 'libtwice.so', 'int _Z5twicei(int a) { return a * 2; }', ['-shared', '-fPIC']);
  const child = spawn(compile(folder, 'loader', LOADER(library), ['-ldl']), { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const pid = child.pid ?? 0;
  const ask = async (letter: string): Promise<string> => {
    child.stdin.write(letter);
    return String((await once(child.stdout, 'data'))[0]);
  };
  let demangled = 0;
  const demangle = (name: string): string => {
    demangled++;
    return execFileSync('c++filt', [name], { encoding: 'utf8' }).trim();
  };
  const resolver = createResolver({ demangle });
  t.after(resolver.close);
  resolver.remember(pid);
  const twice = parseInt(await ask('l'), 16);
  assert.equal(resolver.resolve(pid, twice).name, undefined);
  resolver.remember(pid);
  assert.equal(formatAddress(resolver.resolve(pid, twice)), 'twice(int)+0x0');
  await ask('u');
  resolver.remember(pid);
  assert.equal(formatAddress(resolver.resolve(pid, twice + 3)), 'twice(int)+0x3');
  assert.equal(demangled, 1);
});

test("JavaScript functions are named from Node's perf map", async (t) => {
  const script = `function warm(n) { let s = 0; for (let i = 0; i < n; i++) s += i % 7; return s; }
    for (let i = 0; i < 300; i++) warm(20000);
    console.log('warm'); process.stdin.resume();`;
  const { pid, stop } = await start(t, process.execPath, ['--perf-basic-prof', '-e', script], {
    cwd: temporaryFolder(t),
  });
  const file = `/tmp/perf-${pid}.map`;
  t.after(() => rmSync(file, { force: true }));
  assert.ok(existsSync(file));
  const resolver = createResolver({ demangle: plain });
  t.after(resolver.close);
  // Before it is looked at: what is compiled later is not remembered. The last line may be half written.
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .filter((line) => / JS:\*?.*warm /.test(line) || / JS:\*warm/.test(line));
  resolver.remember(pid);
  await stop();
  const [address = '', , name] = lines.at(-1)?.split(' ') ?? [];
  const found = resolver.resolve(pid, parseInt(address, 16) + 1);
  assert.equal(found.module, '[jit]');
  assert.equal(found.isJit, true);
  assert.equal(found.offset, 1);
  assert.ok(name && found.name?.startsWith(name), `${found.name} is not ${name}`);
});

test('looking again costs little when nothing changed', (t) => {
  const resolver = createResolver({ demangle: plain });
  t.after(resolver.close);
  resolver.remember(process.pid);
  const took = cpuTime(() => {
    for (let i = 0; i < 20; i++) resolver.remember(process.pid);
  });
  assert.ok(took / 20 < 20, `20 looks took ${took} ms`);
});
