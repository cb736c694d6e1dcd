// Unwinds copies of real stacks of a C++ program without frame pointers: the program knows by which functions it came, and
// gdb, where it is installed, says the same addresses.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../compile-for-test.ts';
import { demangle } from './demangle.ts';
import { startRegisters } from './dwarf-registers.ts';
import { createResolver, type Resolver } from './resolver.ts';
import { DUMPER } from './stack-dumper-for-test.ts';
import type { UnwindInput } from './unwind.ts';

const lacksCpp: string | false =
  process.arch !== 'x64'
    ? 'needs x86-64'
    : spawnSync('g++', ['--version']).status === 0
      ? false
      : 'needs g++: install it to run this test';

type Dump = { place: string; chain: string[]; input: UnwindInput };

const build = (folder: string, flags: readonly string[] = []): string => {
  const path = join(folder, 'dumper');
  writeFileSync(`${path}.cpp`, DUMPER);
  execFileSync('g++', ['-O2', '-fomit-frame-pointer', '-w', ...flags, `${path}.cpp`, '-o', path, '-lpthread']);
  return path;
};

const hex = (text: string): number[] => [parseInt(text.slice(-8), 16), parseInt(text.slice(-16, -8) || '0', 16)];

const readDump = (line: string): Dump => {
  const { place, chain, registers, at, stack } = JSON.parse(line);
  const words: number[] = registers.flatMap((text: string) => hex(text));
  const copy = { at: parseInt(at, 16), bytes: Buffer.from(stack, 'hex') };
  const start = startRegisters('x64', words);
  return {
    place,
    chain: chain.split(' '),
    input: { architecture: 'x64', registers: start, stack: copy, hijacked: [], trampoline: undefined },
  };
};

/** The functions of a stack: a name without arguments, as the program wrote it. */
const namesOf = (resolver: Resolver, pid: number, addresses: readonly number[], exact: readonly number[]): string[] =>
  addresses.map((address, i) => {
    const name = resolver.resolve(pid, exact.includes(i) ? address : address - 1).name ?? '?';
    // The shape that a demangled name has: type, scopes, the name itself, template arguments, arguments.
    return name.includes('operator()(') ? 'operator()' : (/(\w+)(?:<[^(]*>)?(?:\(.*)?$/.exec(name)?.[1] ?? name);
  });

/** `...` stands for any functions, which the program does not know. */
const isChain = (names: readonly string[], chain: readonly string[]): boolean => {
  const [first, ...rest] = chain;
  if (first === undefined) return true;
  if (first === '...') return names.some((_, i) => isChain(names.slice(i), rest)) || rest.length === 0;
  return names[0] === first && isChain(names.slice(1), rest);
};

const check = (resolver: Resolver, pid: number, { place, chain, input }: Dump): void => {
  const found = resolver.unwind(pid, input);
  assert.ok(found, place);
  const names = namesOf(resolver, pid, found.addresses, found.exact);
  const shown = `${place}: ${names.join(' ')} (${found.stop})`;
  assert.equal(names[0], 'dump', shown);
  assert.ok(isChain(names.slice(1), chain), shown);
  assert.equal(found.stop, 'outermost', shown);
  assert.equal(found.complete, true, shown);
  assert.equal(found.guessed, 0, shown);
  assert.match(names.at(-1) ?? '', place === 'thread' ? /^(__)?clone3?$/ : /^_start$/, shown);
  assert.deepEqual(found.exact.length, place === 'signal' ? 3 : 1, shown);
};

const BUILDS: readonly (readonly string[])[] = [
  [],
  ['-static'],
  ['-fcf-protection=none', '-no-pie', '-Wl,--no-eh-frame-hdr'],
];
const PLACES = 13;

for (const flags of BUILDS)
  test(`every stack of a C++ program (${flags.join(' ') || 'plain'}) reaches the outermost frame by the right functions`, {
    skip: lacksCpp,
  }, async (t) => {
    const child = spawn(build(temporaryFolder(t), flags), { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => child.kill('SIGKILL'));
    let text = '';
    for await (const chunk of child.stdout) {
      text += String(chunk);
      if (text.endsWith('ready\n')) break;
    }
    const resolver = createResolver({ demangle });
    t.after(resolver.close);
    const pid = child.pid ?? 0;
    assert.equal(resolver.remember(pid), true);
    const dumps = text.trim().split('\n').slice(0, -1).map(readDump);
    assert.equal(dumps.length, PLACES);
    for (const dump of dumps) check(resolver, pid, dump);
  });

const GDB_SCRIPT = `
set debuginfod enabled off
set pagination off
handle SIGUSR1 nostop noprint pass
python
import gdb, json
class At(gdb.Breakpoint):
  def stop(self):
    pcs, frame = [], gdb.newest_frame()
    while frame is not None:
      if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME): pcs.append(int(frame.pc()))
      frame = frame.older()
    pid = gdb.selected_inferior().pid
    gdb.write('gdb:' + json.dumps({'pid': pid, 'pcs': pcs, 'maps': open('/proc/%d/maps' % pid).read()}) + '\\n')
    gdb.flush()
    return False
At('take')
end
run < /dev/null > DUMPS
`;

const lacksGdb =
  lacksCpp ||
  (spawnSync('gdb', ['-nx', '-batch', '-ex', 'python print(41 + 1)'], { encoding: 'utf8' }).stdout?.includes('42')
    ? false
    : 'needs gdb with Python');

test('gdb sees the same callers at the same places', { skip: lacksGdb }, (t) => {
  const folder = temporaryFolder(t);
  const program = build(folder);
  writeFileSync(join(folder, 'script'), GDB_SCRIPT.replace('DUMPS', join(folder, 'dumps')));
  const { stdout } = spawnSync('gdb', ['-nx', '-batch', '-x', join(folder, 'script'), program], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  const seen = stdout.split('\n').flatMap((line) => (line.startsWith('gdb:') ? [JSON.parse(line.slice(4))] : []));
  const dumps = readFileSync(join(folder, 'dumps'), 'utf8').trim().split('\n').slice(0, -1).map(readDump);
  assert.equal(seen.length, PLACES);
  assert.equal(dumps.length, PLACES);
  const resolver = createResolver({ demangle });
  t.after(resolver.close);
  for (const [i, dump] of dumps.entries()) {
    const { pid, pcs, maps } = seen[i];
    // The process is gone by now: all is known from the text of its maps.
    assert.equal(resolver.remember(pid, maps), true);
    const found = resolver.unwind(pid, dump.input);
    // gdb stands in take(), which dump() called; and where main() was called it does not look further.
    assert.deepEqual(found?.addresses.slice(1, pcs.length - 1), pcs.slice(2), dump.place);
    assert.ok(pcs.length > 3, dump.place);
  }
});

test('a stack whose copy ends too early, and a replaced return address that nobody told of, are not complete', {
  skip: lacksCpp,
}, async (t) => {
  const child = spawn(build(temporaryFolder(t)), { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.endsWith('ready\n')) break;
  }
  const resolver = createResolver({ demangle });
  t.after(resolver.close);
  const pid = child.pid ?? 0;
  resolver.remember(pid);
  const dump = text.split('\n').map((line) => (line.startsWith('{') ? readDump(line) : undefined))[0];
  assert.ok(dump);
  const whole = resolver.unwind(pid, dump.input);
  assert.ok(whole);
  const { stack } = dump.input;
  for (let size = 0; size < 1024; size += 8) {
    const part = resolver.unwind(pid, { ...dump.input, stack: { at: stack.at, bytes: stack.bytes.subarray(0, size) } });
    assert.ok(part);
    assert.deepEqual(part.addresses, whole.addresses.slice(0, part.addresses.length));
    assert.equal(part.stop, part.complete ? 'outermost' : 'copy_ended');
    assert.equal(part.complete, part.addresses.length === whole.addresses.length);
  }
  // As a return probe of nested_two would have left it: the second return address in the copy.
  const to = whole.addresses[2] ?? 0;
  const trampoline = 0x7fff_ffff_e000;
  const probed = Buffer.from(stack.bytes);
  const place = probed.indexOf(Buffer.from(BigUint64Array.of(BigInt(to)).buffer));
  assert.ok(place > 0);
  probed.writeBigUInt64LE(BigInt(trampoline), place);
  const input = { ...dump.input, trampoline, stack: { at: stack.at, bytes: probed } };
  const told = resolver.unwind(pid, {
    ...input,
    hijacked: [
      { at: 1, to: 2 },
      { at: stack.at + place, to },
    ],
  });
  // What the kernel replaced is not seen in the memory of another stack: such a walk is not remembered.
  assert.deepEqual(told, { ...whole, needs: undefined });
  assert.deepEqual(resolver.unwind(pid, input), {
    ...whole,
    addresses: whole.addresses.slice(0, 2),
    complete: false,
    stop: 'hijacked',
    needs: undefined,
  });
  const unknown = resolver.unwind(pid, { ...input, trampoline: undefined });
  assert.equal(unknown?.stop, 'implausible');
  assert.deepEqual(unknown.addresses, whole.addresses.slice(0, 2));
});
