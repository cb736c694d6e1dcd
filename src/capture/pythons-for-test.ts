// For tests only: the CPythons that this machine has, one of each version. Must not be imported by anything but tests.

import { spawnSync } from 'node:child_process';
import { readdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** `command` starts it; `version` is [major, minor]; free-threaded builds may have no GIL. */
export type FoundPython = {
  command: readonly [string, ...string[]];
  name: string;
  version: readonly [number, number];
  isFreeThreaded: boolean;
};

const list = (folder: string): string[] => {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
};

const folders = (): string[] => [
  ...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''),
  ...['/usr/bin', '/usr/local/bin', '/opt/conda/bin', join(homedir(), 'miniconda3/bin')],
  ...list(join(homedir(), '.pyenv/versions')).map((folder) => join(folder, 'bin')),
  ...list(join(homedir(), '.local/share/uv/python')).map((folder) => join(folder, 'bin')),
  ...list('/opt/python').map((folder) => join(folder, 'bin')),
];

const ABOUT = `import json, os, platform, sys, sysconfig
print(json.dumps([platform.python_implementation(), sys.version_info[0], sys.version_info[1], platform.python_version(),
  os.path.realpath(sys.executable), bool(sysconfig.get_config_var("Py_GIL_DISABLED"))]))`;

const ask = (command: readonly [string, ...string[]]): (FoundPython & { key: string }) | undefined => {
  const [program, ...args] = command;
  const { status, stdout } = spawnSync(program, [...args, '-c', ABOUT], { encoding: 'utf8', timeout: 10_000 });
  const said: unknown = status === 0 ? JSON.parse(stdout) : undefined;
  if (!Array.isArray(said) || said[0] !== 'CPython') return undefined;
  const isFreeThreaded = said[5] === true;
  const name = `CPython ${String(said[3])}${isFreeThreaded ? ' (free-threaded)' : ''} at ${String(said[4])}`;
  return { command, name, version: [Number(said[1]), Number(said[2])], isFreeThreaded, key: `${said[3]} ${said[4]}` };
};

/**
 * Every CPython found on PATH and where they are usually put. `WHYTRACE_TEST_PYTHON` adds one by its whole command line,
 * words apart by spaces: `chroot /srv/other python3.14`.
 */
export const findPythons = (): FoundPython[] => {
  const paths = new Set(
    folders()
      .flatMap(list)
      .filter((path) => /\/python3(?:\.\d+t?)?$/.test(path))
      .flatMap((path) => {
        try {
          return [realpathSync(path)];
        } catch {
          return [];
        }
      }),
  );
  const commands: [string, ...string[]][] = [...paths].map((path) => [path]);
  const [program, ...args] = (process.env.WHYTRACE_TEST_PYTHON ?? '').split(' ');
  if (program) commands.push([program, ...args]);
  const found = new Map<string, FoundPython>();
  for (const command of commands) {
    const python = ask(command);
    if (python && !found.has(python.key)) found.set(python.key, python);
  }
  return [...found.values()];
};
