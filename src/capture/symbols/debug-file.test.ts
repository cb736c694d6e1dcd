import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { compile, lacksCompiler, temporaryFolder } from '../compile-for-test.ts';
import { keyOfPath } from '../library-file.ts';
import { readBuildId } from './build-id.ts';
import { openDebugFile } from './debug-file.ts';
import { openElf } from './elf.ts';
import { findFunctions } from './elf-symbols.ts';
import { createModules } from './modules.ts';

const skip =
  lacksCompiler || (spawnSync('objcopy', ['--version']).status === 0 ? false : 'needs objcopy from binutils');
const SOURCE =
  'static __attribute__((noinline)) int inner(int a) { return a * 3; } int outer(int a) { return inner(a) + 1; }';
const FLAGS = ['-shared', '-fPIC', '-O1', '-Wl,--build-id'];

const placeOf = (root: string, buildId: string): string => {
  const path = join(root, 'usr/lib/debug/.build-id', buildId.slice(0, 2), `${buildId.slice(2)}.debug`);
  mkdirSync(dirname(path), { recursive: true });
  return path;
};

test('a stripped library is named by its debug file, but not by that of another build', { skip }, (t) => {
  const folder = temporaryFolder(t);
  const library = compile(folder, 'lib.so', SOURCE, FLAGS);
  const other = compile(folder, 'other.so', `${SOURCE} int more;`, FLAGS);
  using whole = openElf(library);
  const inner = findFunctions(whole, ['inner'])[0]?.address ?? 0;
  const buildId = readBuildId(whole) ?? '';
  const stripped = join(folder, 'stripped.so');
  execFileSync('objcopy', ['--strip-all', library, stripped]);
  const root = join(folder, 'root');
  const place = placeOf(root, buildId);
  copyFileSync(other, place);
  const nameIn = (roots: readonly string[]): string | undefined => {
    const modules = createModules();
    try {
      return modules.get(keyOfPath(stripped) ?? '', stripped, roots)?.find(inner + 1)?.name;
    } finally {
      modules.close();
    }
  };
  assert.equal(nameIn([folder, root]), undefined);
  execFileSync('objcopy', ['--only-keep-debug', library, `${place}.new`]);
  renameSync(`${place}.new`, place);
  assert.equal(nameIn([folder]), undefined);
  assert.equal(nameIn([folder, root]), 'inner');
  using debug = openDebugFile(buildId, whole.machine, [root]);
  assert.equal(debug?.path, place);
  assert.equal(openDebugFile(buildId, 'arm64', [root]), undefined);
  assert.equal(openDebugFile('../../x', whole.machine, [root]), undefined);
});
