// Compiles the kernel side for each architecture into bpf/build/. The objects are committed, so users need no compiler.
// Needs clang and llvm-strip (clang 14 made the committed ones) and the headers of libbpf (libbpf-dev).
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { architectures, objects } from './bpf-objects.ts';

const root = new URL('..', import.meta.url).pathname;

/** Compiles every object into `folder`/ARCH/NAME.bpf.o. Throws with the compiler's words when one does not compile. */
export const buildBpf = (folder: string): void => {
  for (const { name: arch, define } of architectures) {
    mkdirSync(`${folder}/${arch}`, { recursive: true });
    for (const object of objects) {
      const output = `${folder}/${arch}/${object}.bpf.o`;
      const flags = [
        '-g',
        '-O2',
        '-target',
        'bpf',
        '-mcpu=v3',
        `-D${define}`,
        '-Wall',
        '-Werror',
        '-fdebug-compilation-dir',
        '.',
      ];
      // Only our own headers and libbpf's: no kernel or libc header, which would differ from machine to machine.
      execFileSync('clang', [...flags, '-c', `${object}.bpf.c`, '-o', output], {
        cwd: `${root}bpf`,
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      execFileSync('llvm-strip', ['-g', output]);
    }
  }
};

if (import.meta.main) buildBpf(`${root}bpf/build`);
