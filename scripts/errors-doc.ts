// docs/generated/errors.md: every error that a user can meet, in its own words, from the lists of the folders.
import { readdirSync } from 'node:fs';
import { type ErrorParts, UserError } from '../src/base/errors.ts';
import { errors as capture } from '../src/capture/errors.ts';
import { errors as watching } from '../src/capture/live/errors.ts';
import { noPermission } from '../src/capture/process-info.ts';
import { elfUnreadable } from '../src/capture/symbols/elf.ts';
import { code, markdownPage, markdownTable } from '../src/catalogue/derive/markdown.ts';
import { errors as cli } from '../src/cli/errors.ts';
import { errors as imports } from '../src/import/errors.ts';
import { errors as live } from '../src/live/errors.ts';
import { errors as control } from '../src/serve/control/errors.ts';
import { errors as serve } from '../src/serve/errors.ts';
import { errors as identity } from '../src/serve/identity/errors.ts';
import { errors as store } from '../src/store/errors.ts';

const lists = {
  capture: { ...capture, ...watching, elfUnreadable, noPermission },
  live,
  import: imports,
  store,
  serve: { ...serve, ...identity, ...control },
  cli,
} as const;

/** Stands for a value that is only known when the error happens: shows its name wherever text is made of it. */
const placeholder = (name: string): object => {
  const text = `‹${name}›`;
  return {
    length: 1,
    replace: () => text,
    toString: () => text,
    toJSON: () => text,
    join: () => text,
    map: () => placeholder(name),
  };
};

/** Arguments of any error: no near miss was found, all else is a placeholder. */
const placeholders = new Proxy({}, { get: (_, name) => (name === 'near' ? undefined : placeholder(String(name))) });

export type ListedError = ErrorParts & { readonly folder: string; readonly exitCode: 1 | 2 };

/** Every declared error with placeholders for the values seen. Throws for one whose words need more than that. */
export const listedErrors = (): readonly ListedError[] =>
  Object.entries(lists).flatMap(([folder, list]) =>
    Object.entries(list).map(([name, make]) => {
      const made: unknown = Reflect.apply(make, undefined, [placeholders]);
      if (!(made instanceof UserError)) throw new Error(`${folder} ${name} is no error`);
      const { what, why, todo } = made.parts;
      // A part may be a value itself, and so a placeholder.
      return {
        code: made.parts.code,
        what: String(what),
        why: String(why),
        todo: String(todo),
        folder,
        exitCode: made.exitCode,
      };
    }),
  );

/** Folders of src that have a list of errors. */
export const foldersWithErrors = (): readonly string[] => {
  const src = new URL('../src/', import.meta.url).pathname;
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^[^/]+\/errors\.ts$/.test(path) && path !== 'base/errors.ts')
    .map((path) => path.split('/')[0] ?? '')
    .sort();
};

export const errorsDoc = (): string => {
  const byCode = Map.groupBy(listedErrors(), (error) => error.code);
  const rows = [...byCode.values()]
    .flatMap(([first]) => (first === undefined ? [] : [first]))
    .sort((a, b) => (a.code < b.code ? -1 : 1))
    .map((error) => [code(error.code), String(error.exitCode), error.what, error.why, error.todo]);
  return markdownPage('Errors', '`src/*/errors.ts`', [
    'Every error says what failed, why, and what to do: in one line on stderr from the shell, with its code as data (`code`, `what`, `why`, `todo`) from a tool. ‹name› stands for the value seen.',
    markdownTable(['code', 'exit code', 'what', 'why', 'what to do'], rows),
  ]);
};
