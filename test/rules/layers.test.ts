// Imports go one way, outside packages come in through one door each, and nothing goes round in a circle.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { importsOf } from './imports.ts';
import { filesBelow, isTest, programFiles, root, textOf } from './source-files.ts';

/** Folder of src -> the folders it may import, besides itself. */
const layers: Readonly<Record<string, readonly string[]>> = {
  base: [],
  catalogue: ['base'],
  capture: ['base', 'catalogue'],
  store: ['base', 'catalogue'],
  // Where what the kernel says and the file it goes into meet: knows both sides, and neither knows it.
  record: ['base', 'catalogue', 'capture', 'live', 'store'],
  // Subscriptions to the running kernel: knows neither files nor questions.
  live: ['base', 'catalogue', 'capture'],
  // The files of other tools: knows nothing of how whytrace itself records.
  import: ['base', 'catalogue', 'store'],
  analysis: ['base', 'catalogue', 'store'],
  serve: ['base', 'catalogue', 'store', 'analysis'],
  cli: ['base', 'catalogue', 'capture', 'store', 'record', 'live', 'import', 'analysis', 'serve'],
};
/** Folders that read no file, no clock and no environment: they import nothing of Node. */
const pure = ['base', 'catalogue', 'analysis'];

/** Package -> the files that may import it. More than one only for the reason given. */
const doors: Readonly<Record<string, readonly string[]>> = {
  // socket-options.ts asks the kernel who is at a socket: serving knows nothing of capturing.
  koffi: ['src/capture/libbpf.ts', 'src/serve/identity/socket-options.ts'],
  jose: ['src/serve/identity/jwt.ts'],
  'gecko-profiler-demangle': ['src/capture/symbols/demangle.ts'],
  zod: ['src/serve/zod.ts'],
  'pprof-format': ['src/serve/render/pprof.ts'],
  '@modelcontextprotocol/server': ['src/serve/protocol/sdk.ts'],
  '@modelcontextprotocol/node': ['src/serve/transport/node-handler.ts'],
  // row.ts names the type of a value that SQLite returns; it cannot come through open.ts, which uses row.ts.
  'node:sqlite': ['src/store/open.ts', 'src/store/row.ts'],
};
/** What a function would read of the world around it; `process` alone may be a row of the table of that name. */
const AMBIENT =
  /\bprocess\.(?:arch|argv|cwd|env|exit|hrtime|platform|std\w+)\b|\bDate\.now\b|\bnew Date\(\)|\bperformance\.|\bMath\.random\b/;
const forTests = ['fast-check', '@modelcontextprotocol/client', 'gpt-tokenizer'];

const layerOf = (path: string): string | undefined => /^src\/([^/]+)\//.exec(path)?.[1];
const packageOf = (specifier: string): string =>
  specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : (specifier.split('/')[0] ?? specifier);

test('every folder of src has its place in the table', () => {
  const folders = new Set(filesBelow('src').map((path) => layerOf(path) ?? path));
  assert.deepEqual([...folders].sort(), Object.keys(layers).sort());
});

test('every imported file exists', () => {
  for (const folder of ['src', 'test', 'lab', 'scripts', 'bench', 'fuzz', 'chaos', 'kernels'])
    for (const file of filesBelow(folder).filter((path) => path.endsWith('.ts')))
      for (const { path } of importsOf(file))
        assert.ok(path === undefined || existsSync(root + path), `${file} imports ${path}, which does not exist`);
});

test('imports go one way', () => {
  const wrong = programFiles().flatMap((file) => {
    const layer = layerOf(file) ?? '';
    return importsOf(file).flatMap(({ path }) => {
      if (path === undefined) return [];
      const target = layerOf(path);
      const allowed = target === layer || (target !== undefined && layers[layer]?.includes(target));
      return allowed && !isTest(path) ? [] : [`${file} imports ${path}`];
    });
  });
  assert.deepEqual(wrong, []);
});

test('a test knows its own layer, those below, and the scenes', () => {
  const wrong = filesBelow('src')
    .filter(isTest)
    .flatMap((file) => {
      const layer = layerOf(file) ?? '';
      return importsOf(file).flatMap(({ path }) => {
        if (path === undefined || path.startsWith('test/')) return [];
        const target = layerOf(path);
        return target === layer || (target !== undefined && layers[layer]?.includes(target))
          ? []
          : [`${file} imports ${path}`];
      });
    });
  assert.deepEqual(wrong, []);
});

test('each outside package comes in through its door', () => {
  const wrong = filesBelow('src')
    .filter((path) => path.endsWith('.ts') && !isTest(path))
    .flatMap((file) =>
      importsOf(file).flatMap(({ specifier, path }) => {
        if (path !== undefined) return [];
        const name = specifier.startsWith('node:') ? specifier : packageOf(specifier);
        const door = doors[name];
        if (door === undefined && name.startsWith('node:')) return [];
        return door?.includes(file) ? [] : [`${file} imports ${specifier}`];
      }),
    );
  assert.deepEqual(wrong, []);
});

test('tests use the packages of the program and those made for tests', () => {
  const known = [...Object.keys(doors), ...forTests];
  const wrong = ['src', 'test', 'lab', 'scripts', 'bench', 'fuzz', 'kernels']
    .flatMap(filesBelow)
    .filter((path) => path.endsWith('.ts') && (isTest(path) || !path.startsWith('src/')))
    .flatMap((file) =>
      importsOf(file).flatMap(({ specifier, path }) =>
        path !== undefined || specifier.startsWith('node:') || known.includes(packageOf(specifier))
          ? []
          : [`${file} imports ${specifier}`],
      ),
    );
  assert.deepEqual(wrong, []);
});

test('a door is used, and every package that is installed for the program has one', () => {
  for (const [name, files] of Object.entries(doors))
    for (const file of files)
      assert.ok(
        importsOf(file).some(({ specifier }) => specifier === name || specifier.startsWith(`${name}/`)),
        `${file} does not import ${name}`,
      );
  const manifest: { dependencies: Record<string, string> } = JSON.parse(textOf('package.json'));
  for (const name of Object.keys(manifest.dependencies)) assert.ok(name in doors, `${name} has no door`);
});

test('base, catalogue and analysis do no input or output', () => {
  const wrong = programFiles()
    .filter((file) => pure.includes(layerOf(file) ?? ''))
    .flatMap((file) => {
      const node = importsOf(file).filter(({ specifier }) => specifier.startsWith('node:'));
      const code = textOf(file).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
      return [...node.map(({ specifier }) => specifier), ...(AMBIENT.exec(code) ?? [])].map(
        (what) => `${file} uses ${what}`,
      );
    });
  assert.deepEqual(wrong, []);
});

test('no imports in a circle', () => {
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      circles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
      return;
    }
    state.set(file, 'open');
    for (const { path, stays } of importsOf(file)) if (path !== undefined && stays) visit(path, [...trail, file]);
    state.set(file, 'done');
  };
  for (const file of programFiles()) visit(file, []);
  assert.deepEqual(circles, []);
});
