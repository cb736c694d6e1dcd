// Writes every generated file from the catalogue. A test runs the same list and fails on a difference.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { generatedFiles } from './generated-files.ts';

const root = new URL('..', import.meta.url).pathname;
for (const [path, text] of await generatedFiles()) {
  mkdirSync(dirname(root + path), { recursive: true });
  writeFileSync(root + path, text);
}
