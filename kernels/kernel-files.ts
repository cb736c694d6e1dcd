// A kernel out of its packages: the image that boots, its modules on a disk of their own, and the first file system with
// the few modules that it needs to find its disks.
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Apt } from './apt.ts';
import { mustRun } from './command.ts';
import { cpio, file, folder, link } from './cpio.ts';
import { makeDisk } from './disk.ts';
import { errors } from './errors.ts';
import { keyOf, madeOnce, unpack } from './made-once.ts';
import { machines, type Target } from './targets.ts';
import type { Tools } from './tools.ts';

export type KernelFiles = {
  /** As `uname -r` says. */
  readonly version: string;
  readonly image: string;
  readonly first: string;
  readonly modules: string;
};

/** Needed to find a disk and read it, with the sums that its file system is checked with. */
const TO_BOOT = ['crc32c_generic', 'crc32c', 'virtio_pci', 'virtio_mmio', 'virtio_blk', 'ext4'];
const INIT = new URL('guest/init', import.meta.url).pathname;
const KERNEL_PACKAGE = /^linux-(?:image|binary|modules)-\d/;

/** The packages of a kernel: of what the metapackage needs, and that needs, those that hold a part of it. */
const packagesOf = (apt: Apt, meta: string): readonly string[] => {
  const found = new Set<string>();
  const look = (name: string): void => {
    for (const need of apt.needsOf(name).filter((each) => KERNEL_PACKAGE.test(each) && !found.has(each))) {
      found.add(need);
      look(need);
    }
  };
  look(meta);
  return [...found];
};

/** Modules in the order in which they must be loaded, from the kernel's list of who needs whom. */
export const inOrder = (list: string, wanted: readonly string[]): readonly string[] => {
  const nameOf = (path: string) => (/([^/]+?)\.ko(?:\.\w+)?$/.exec(path)?.[1] ?? '').replaceAll('-', '_');
  const needs = new Map(
    list.split('\n').flatMap((line) => {
      const [path, rest = ''] = line.split(':');
      return path === undefined || path === '' ? [] : [[path, rest.split(' ').filter((need) => need !== '')] as const];
    }),
  );
  const ordered = new Set<string>();
  for (const name of wanted)
    for (const [path, of] of needs) {
      if (nameOf(path) !== name) continue;
      // Of those that a module needs, the last one needs none of the others: depmod(8).
      for (const need of of.toReversed()) ordered.add(need);
      ordered.add(path);
    }
  return [...ordered];
};

const unpacked = (path: string): Uint8Array => {
  if (!/\.(?:xz|zst|gz)$/.test(path)) return readFileSync(path);
  const plain = `${path}.plain`;
  const program = path.endsWith('.xz') ? 'xz' : path.endsWith('.zst') ? 'zstd' : 'gzip';
  mustRun('sh', ['-c', `${program} -dc "$0" > "$1"`, path, plain]);
  return readFileSync(plain);
};

const firstFiles = (modules: string, busybox: string): Buffer => {
  const order = inOrder(readFileSync(join(modules, 'modules.dep'), 'utf8'), TO_BOOT);
  const init = readFileSync(INIT);
  return gzipSync(
    cpio([
      ...['bin', 'dev', 'proc', 'sys', 'root', 'modules'].map(folder),
      file('bin/busybox', readFileSync(busybox), 0o755),
      link('bin/sh', 'busybox'),
      file('init', init, 0o755),
      ...order.map((path, i) => file(`modules/${String(i).padStart(2, '0')}.ko`, unpacked(join(modules, path)))),
    ]),
  );
};

/**
 * Gets a target's kernel. `busybox` is a static one for its machine. Throws `packages_failed`, `no_such_package` or
 * `incomplete_package`.
 */
export const getKernel = (
  cache: string,
  { name, machine }: Target,
  { apt, tools, busybox }: { readonly apt: Apt; readonly tools: Tools; readonly busybox: string },
): KernelFiles => {
  const packages = packagesOf(apt, `linux-image-cloud-${machines[machine].debian}`);
  const files = apt.alone(packages);
  const key = keyOf([...files, ...TO_BOOT], [INIT, import.meta.filename]);
  const made = madeOnce(join(cache, 'kernels'), name, key, (target) => {
    unpack(files, target);
    const lib = join(target, 'usr/lib/modules');
    const version = existsSync(lib) ? readdirSync(lib)[0] : undefined;
    if (version === undefined) throw errors.incompletePackage({ name, lacks: 'modules' });
    const places = [join(target, 'boot', `vmlinuz-${version}`), join(lib, version, 'vmlinuz')];
    const image = places.find(existsSync);
    if (image === undefined) throw errors.incompletePackage({ name, lacks: 'image' });
    const [depmod, args] = tools.command('kmod', 'depmod');
    mustRun(depmod, [...args, '-b', target, version]);
    copyFileSync(image, join(target, 'image'));
    writeFileSync(join(target, 'first.gz'), firstFiles(join(lib, version), busybox));
    writeFileSync(join(target, 'version'), version);
    makeDisk(join(target, 'modules.ext4'), lib);
    for (const rest of ['usr', 'boot', 'bin', 'sbin', 'lib', 'lib64', 'etc', 'var'])
      rmSync(join(target, rest), { recursive: true, force: true });
  });
  return {
    version: readFileSync(join(made, 'version'), 'utf8'),
    image: join(made, 'image'),
    first: join(made, 'first.gz'),
    modules: join(made, 'modules.ext4'),
  };
};
