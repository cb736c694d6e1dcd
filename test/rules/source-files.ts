// The project's own files, for the tests about the code itself.
import { spawnSync } from 'node:child_process';
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

/** Files that belong to the project: those git tracks or would, or undefined where git cannot tell. */
export const projectFiles = (): readonly string[] | undefined => {
  if (!existsSync(`${root}.git`)) return undefined;
  // A checkout may belong to another user than the one who tests.
  const listed = spawnSync(
    'git',
    ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: root, encoding: 'utf8' },
  );
  if (listed.status !== 0) return undefined;
  return listed.stdout.split('\0').filter((path) => path !== '' && existsSync(root + path));
};
