// Generated files are committed, so that a reader and a user need no generator; here they are made again and compared.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { generatedFiles } from '../../scripts/generated-files.ts';
import { filesBelow, root, textOf } from './source-files.ts';

const generated = await generatedFiles();

for (const [path, text] of generated) {
  test(`${path} is what the code says`, () => {
    assert.ok(existsSync(root + path), `${path} is missing: run 'npm run generate'`);
    assert.ok(textOf(path) === text, `${path} is out of date: run 'npm run generate'`);
  });
}

test('making them twice gives the same', async () => {
  assert.deepEqual(await generatedFiles(), generated);
});

test('docs/generated holds nothing else', () => {
  const known = generated.map(([path]) => path);
  assert.deepEqual(
    filesBelow('docs/generated').filter((path) => !known.includes(path)),
    [],
  );
});
