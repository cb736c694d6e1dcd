import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cpuTime } from '../../../test/cpu-time.ts';
import { temporaryFolder } from '../compile-for-test.ts';
import { createKernelSymbols } from './kernel-symbols.ts';

const halves = (address: string): [number, number] => [
  parseInt(address.slice(0, 8), 16),
  parseInt(address.slice(8), 16),
];

const from = (symbols: string, now = () => 0) => ({ symbols, modules: `${symbols}.modules`, now });

const LISTED = `ffffffff81000000 T _stext
ffffffff81000000 T _text
ffffffff81000100 t do_one
ffffffff81000200 W do_two
ffffffff82000000 D data_here
ffffffffc0a01000 t mod_do\t[some_mod]
ffff800000001000 t far_away
broken line
ffffffffc0a00000 t mod_first\t[other_mod]`;

test('an address is named by the function before it, modules told, data left out', (t) => {
  const path = join(temporaryFolder(t), 'kallsyms');
  writeFileSync(path, LISTED);
  const symbols = createKernelSymbols(from(path));
  const at = (address: string): string => {
    const found = symbols.find(...halves(address));
    return found ? `${found.name}+${found.offset}${found.module ? ` ${found.module}` : ''}` : 'none';
  };
  assert.equal(at('ffffffff81000000'), '_stext+0');
  assert.equal(at('ffffffff810000ff'), '_stext+255');
  assert.equal(at('ffffffff81000105'), 'do_one+5');
  assert.equal(at('ffffffff82000000'), 'none');
  assert.equal(at('ffffffffc0a01002'), 'mod_do+2 some_mod');
  assert.equal(at('ffffffffc0a00000'), 'mod_first+0 other_mod');
  assert.equal(at('ffff800000001001'), 'far_away+1');
  assert.equal(at('ffff800000000fff'), 'none');
  assert.equal(at('0000000000401000'), 'none');
});

test('an address beyond a plausible end of the function before it has no name', (t) => {
  const path = join(temporaryFolder(t), 'kallsyms');
  writeFileSync(path, `${LISTED}\nffffffffc0a09000 t mod_far\t[far_mod]`);
  const symbols = createKernelSymbols(from(path));
  const nameAt = (address: string) => symbols.find(...halves(address))?.name;
  // A function of the kernel may be long, but not that long.
  assert.equal(nameAt('ffff800000010fff'), 'far_away');
  assert.equal(nameAt('ffff800000011000'), undefined);
  // Behind the last function of a module there may be another module, which we have not heard of.
  assert.equal(nameAt('ffffffffc0a02fff'), 'mod_do');
  assert.equal(nameAt('ffffffffc0a03000'), undefined);
  assert.equal(nameAt('ffffffffc0a00fff'), 'mod_first');
  assert.equal(nameAt('ffffffffc0a0a000'), 'mod_far');
  assert.equal(nameAt('ffffffffc0a0b000'), undefined);
  assert.equal(nameAt('ffffffffc0b00000'), undefined);
});

test('a module that is loaded later is found, and the names of one that is gone are not given for long', (t) => {
  const path = join(temporaryFolder(t), 'kallsyms');
  const modules = (...lines: string[]) => writeFileSync(`${path}.modules`, lines.join('\n'));
  let time = 0;
  writeFileSync(path, LISTED);
  modules('some_mod 4096 0 - Live 0xffffffffc0a01000', 'other_mod 4096 1 some_mod, Live 0xffffffffc0a00000 (OE)');
  const symbols = createKernelSymbols(from(path, () => time));
  const at = (address: string) => {
    const { name, module } = symbols.find(...halves(address)) ?? {};
    return `${name} ${module}`;
  };
  assert.equal(at('ffffffffc0a04010'), 'undefined undefined');
  writeFileSync(path, `${LISTED}\nffffffffc0a04000 t later\t[new_mod]`);
  // Only who uses a module has changed: nothing is read again so soon.
  modules('some_mod 4096 7 x, Live 0xffffffffc0a01000', 'other_mod 4096 0 - Live 0xffffffffc0a00000 (OE)');
  time = 2500;
  assert.equal(at('ffffffffc0a04010'), 'undefined undefined');
  modules('new_mod 4096 0 - Live 0xffffffffc0a04000');
  time = 5000;
  assert.equal(at('ffffffffc0a04010'), 'later new_mod');
  // Another module came into its place.
  writeFileSync(path, `${LISTED}\nffffffffc0a04000 t other\t[newer_mod]`);
  modules('newer_mod 4096 0 - Live 0xffffffffc0a04000');
  assert.equal(at('ffffffffc0a04010'), 'later new_mod');
  time = 7500;
  assert.equal(at('ffffffffc0a04010'), 'other newer_mod');
});

test('what no list tells of is looked for ever more rarely', (t) => {
  const path = join(temporaryFolder(t), 'kallsyms');
  writeFileSync(path, LISTED);
  let time = 0;
  const symbols = createKernelSymbols(from(path, () => time));
  const find = () => symbols.find(...halves('ffffffffc0b00010'))?.name;
  assert.equal(find(), undefined);
  time = 4500;
  assert.equal(find(), undefined);
  // Such as a program of BPF, for which no module is loaded.
  writeFileSync(path, `${LISTED}\nffffffffc0b00000 t bpf_prog_x\t[bpf]`);
  time = 9500;
  assert.equal(find(), undefined);
  time = 13_000;
  assert.equal(find(), 'bpf_prog_x');
});

test('without privilege, or without the file, nothing has a name', (t) => {
  const path = join(temporaryFolder(t), 'kallsyms');
  writeFileSync(path, '0000000000000000 T _stext\n0000000000000000 T do_one\n');
  assert.equal(createKernelSymbols(from(path)).find(0, 0), undefined);
  assert.equal(createKernelSymbols(from(path)).find(0xffffffff, 0x81000000), undefined);
  assert.equal(createKernelSymbols(from(`${path}.gone`)).find(0xffffffff, 0x81000000), undefined);
});

const listed = readFileSync('/proc/kallsyms', 'latin1').split('\n');
const isHidden = !listed.some((line) => /^[0-9a-f]*[1-9a-f]/.test(line));

test('functions of the running kernel are found, within 16 MB', {
  skip: isHidden ? 'needs root: /proc/kallsyms shows no addresses' : false,
}, () => {
  // Programs of BPF, and what the kernel writes for probes, come and go meanwhile.
  const passing = /\[(?:bpf|__builtin__\w+)\]$/;
  const code = listed.filter((line) => /^[0-9a-f]{16} [tTwW] /.test(line) && !passing.test(line));
  const names = new Map<string, Set<string>>();
  for (const line of code) {
    const [address = '', , rest = ''] = line.split(' ');
    names.set(address, (names.get(address) ?? new Set()).add(rest.split('\t')[0] ?? ''));
  }
  const before = process.memoryUsage();
  const symbols = createKernelSymbols();
  const took = cpuTime(() => symbols.find(0xffffffff, 0x81000000));
  for (const [address, known] of names) {
    const found = symbols.find(...halves(address));
    assert.equal(found?.offset, 0);
    assert.ok(known.has(found.name), `${found.name} at ${address}`);
  }
  assert.ok(names.size > 10_000);
  assert.ok(symbols.memoryBytes() < 16e6);
  assert.ok(process.memoryUsage().arrayBuffers - before.arrayBuffers < 16e6);
  assert.ok(took < 2000, `${took} ms`);
});
