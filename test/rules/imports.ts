// What a TypeScript file imports, read from its text. For the tests about the code itself.
import { dirname, normalize } from 'node:path';
import { isTest, textOf } from './source-files.ts';

/** One import: `specifier` as written, `path` the file of the project that it names, undefined for a package. */
export type Import = {
  readonly specifier: string;
  readonly path: string | undefined;
  /** False for `import type`, which is gone when the program runs. */
  readonly stays: boolean;
};

const STATIC = /^[ \t]*(?:import|export)\b( type\b)?(?:[^'"`;]*?\bfrom)?\s*['"]([^'"]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*(['"])([^'"]+)\1\s*\)/g;
/** An import whose target is not written out, which no reader and no test could follow. */
const COMPUTED = /\bimport\((?!\s*['"])/;

/** Every import and re-export of a file. Throws for a computed one in the program; a test may write such a program. */
export const importsOf = (file: string): readonly Import[] => {
  const text = textOf(file);
  if (COMPUTED.test(text) && !isTest(file)) throw new Error(`${file} has an import whose target is not written out`);
  const found = [
    ...[...text.matchAll(STATIC)].map(([, type, specifier = '']) => ({ specifier, stays: type === undefined })),
    ...[...text.matchAll(DYNAMIC)].map(([, , specifier = '']) => ({ specifier, stays: true })),
  ];
  return found.map(({ specifier, stays }) => ({
    specifier,
    path: specifier.startsWith('.') ? normalize(`${dirname(file)}/${specifier}`) : undefined,
    stays,
  }));
};
