// Folders in which a program that is about to start may find CUDA libraries: those of the toolkit and the driver, and
// those of Python environments, whose packages bring their own copies. Must not open libraries.
// Layouts: the nvidia-* wheels (nvidia/*/lib), auditwheel's bundles (NAME.libs), PyTorch (torch/lib), conda (PREFIX/lib).

import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Names in a folder, or none where it cannot be read. */
export const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** Where CUDA's installers, distributions and container runtimes put the runtime and the driver. */
export const systemFolders = (): string[] => [
  ...namesIn('/usr/local')
    .filter((name) => /^cuda(-[\d.]+)?$/.test(name))
    .map((name) => `/usr/local/${name}/lib64`),
  '/opt/cuda/lib64',
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  '/usr/lib/x86_64-linux-gnu/nvidia/current',
  '/usr/lib/wsl/lib',
  '/usr/local/nvidia/lib64',
  '/run/opengl-driver/lib',
];

const inPackages = (packages: string): string[] => {
  const names = namesIn(packages);
  const nvidia = names.includes('nvidia') ? namesIn(join(packages, 'nvidia')) : [];
  return [
    ...nvidia.map((name) => join(packages, 'nvidia', name, 'lib')),
    ...names.filter((name) => name.endsWith('.libs')).map((name) => join(packages, name)),
    ...names.filter((name) => name === 'torch').map((name) => join(packages, name, 'lib')),
  ];
};

const packageFoldersOf = (prefix: string): string[] =>
  ['lib', 'lib64', 'local/lib'].flatMap((lib) =>
    namesIn(join(prefix, lib))
      .filter((name) => /^python3(\.\d+)?$/.test(name))
      .flatMap((name) => ['site-packages', 'dist-packages'].map((kind) => join(prefix, lib, name, kind))),
  );

/**
 * Library folders of the Python environments that may run: those of the given interpreters, the active virtual or conda
 * environment, the user's own packages and PYTHONPATH; with pyenv's shims, those of all its versions.
 */
export const pythonFolders = (env: Readonly<Record<string, string | undefined>>, interpreters: string[]): string[] => {
  const shims = interpreters.filter((path) => path.includes('/.pyenv/shims/')).map((path) => dirname(dirname(path)));
  const prefixes = [
    ...interpreters.map((path) => dirname(dirname(path))),
    ...shims.flatMap((root) => namesIn(join(root, 'versions')).map((name) => join(root, 'versions', name))),
    ...[env.VIRTUAL_ENV, env.CONDA_PREFIX, env.HOME && join(env.HOME, '.local')].filter((path) => path !== undefined),
  ].filter((prefix) => prefix !== '' && prefix !== '.');
  const packages = [...prefixes.flatMap(packageFoldersOf), ...(env.PYTHONPATH ?? '').split(':').filter(Boolean)];
  const conda = env.CONDA_PREFIX ? [join(env.CONDA_PREFIX, 'lib')] : [];
  return [...new Set([...conda, ...packages].flatMap((folder) => [folder, ...inPackages(folder)]))];
};
