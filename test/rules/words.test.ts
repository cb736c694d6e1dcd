// What must not stand in the project's files: paths of one machine, package registries, loose ends, unsafe types.
import assert from 'node:assert/strict';
import { stripTypeScriptTypes } from 'node:module';
import { test } from 'node:test';
import { filesBelow, projectFiles, textOf } from './source-files.ts';

const TEXT = /\.(?:ts|mjs|json|md|c|h|py|sh|map|txt|yml)$|(?:^|\/)(?:LICENSE|whytrace|run|\.npmrc|\.gitignore)$/;
const files = (projectFiles() ?? []).filter((path) => TEXT.test(path));
const typescript = ['src', 'test', 'scripts', 'lab', 'bench', 'fuzz', 'chaos', 'kernels']
  .flatMap(filesBelow)
  .filter((path) => path.endsWith('.ts') && !path.includes('node_modules/'));

/** Lines of the project's files that match, as PATH:LINE TEXT. */
const lines = (paths: readonly string[], pattern: RegExp): readonly string[] =>
  paths.flatMap((path) =>
    textOf(path)
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1} ${line.trim().slice(0, 100)}`] : [])),
  );
const self = 'test/rules/words.test.ts';
const others = files.filter((path) => path !== self);

test('no path of the machine that a file was written on', (t) => {
  if (files.length === 0) return t.skip('not a git checkout');
  // Not /proc/PID/root/... nor a folder of the project called so.
  assert.deepEqual(lines(others, /(?<![\w.}*)\]/-])\/(?:work|home\/[a-z]+|root|Users\/[a-z]+)\//), []);
});

test('no package registry is named', (t) => {
  if (files.length === 0) return t.skip('not a git checkout');
  assert.deepEqual(lines(others, /\bregistry\.[a-z]+\.[a-z]+|\bnpmjs\b|\bpypi\.org|\bartifactory\b|"resolved":/i), []);
});

test('no loose ends', (t) => {
  if (files.length === 0) return t.skip('not a git checkout');
  assert.deepEqual(lines(others, /\b(?:TODO|FIXME|XXX|HACK|lorem ipsum|not implemented)\b/), []);
  assert.deepEqual(lines(others, /\btest\.only\(|\bdescribe\.only\(|\bdebugger;/), []);
});

test('every file of src opens with a comment that says what it is', () => {
  const silent = typescript
    .filter((path) => path.startsWith('src/') && !path.endsWith('.test.ts'))
    .filter((path) => !/^\/\/ \S.{20}/.test(textOf(path)));
  assert.deepEqual(silent, []);
});

test('no type is asserted: what is not known is checked', () => {
  // Types are replaced by blanks of the same length, so an `as` that is gone was an assertion.
  const found = typescript.flatMap((path) => {
    const text = textOf(path);
    const stripped = stripTypeScriptTypes(text, { mode: 'strip' });
    return [...text.matchAll(/\bas\s+(?!const\b)\w/g)].flatMap(({ index }) => {
      const line = text.slice(text.lastIndexOf('\n', index) + 1, text.indexOf('\n', index));
      const gone = stripped.slice(index, index + 2).trim() === '';
      return gone && !/^\s*(?:import\b|(?:export )?type\b|export [{*]|\/?\*|\/\/)/.test(line)
        ? [`${path}: ${line.trim()}`]
        : [];
    });
  });
  assert.deepEqual(found, []);
});

test('the compiler and the linter are not told to look away', () => {
  const suppressed = lines(
    typescript.filter((path) => path !== self),
    /@ts-(?:ignore|expect-error|nocheck)|biome-ignore(?:-all)? lint\/(?:suspicious\/noExplicitAny|style\/noNonNullAssertion)/,
  );
  assert.deepEqual(suppressed, []);
});

test('no barrels, and no file named after nothing', () => {
  const vague = typescript.filter((path) => /(?:^|\/)(?:index|utils?|helpers?|types|common|misc)\.ts$/.test(path));
  assert.deepEqual(vague, []);
  assert.deepEqual(
    typescript.filter((path) => !/^[a-z0-9/.-]+$/.test(path)),
    [],
  );
});
