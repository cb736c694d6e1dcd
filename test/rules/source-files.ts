// The project's own files, for the tests about the code itself.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** The project's folder, with a slash at its end. */
export const root = new URL('../..', import.meta.url).pathname;

/** Paths of all files below a folder of the project. */
export const filesBelow = (folder: string): readonly string[] =>
  readdirSync(root + folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length));

export const isTest = (path: string): boolean => /\.test\.ts$|-for-test\.ts$/.test(path);
export const textOf = (path: string): string => readFileSync(root + path, 'utf8');

/** TypeScript files of the program, tests left out. */
export const programFiles = (): readonly string[] =>
  filesBelow('src').filter((path) => path.endsWith('.ts') && !isTest(path));

/** Files that belong to the project: those git tracks or would, or undefined outside a git checkout. */
export const projectFiles = (): readonly string[] | undefined => {
  if (!existsSync(`${root}.git`)) return undefined;
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return listed.split('\0').filter((path) => path !== '' && existsSync(root + path));
};
