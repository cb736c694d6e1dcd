// Compiles the kernel side for each architecture into bpf/build/. The objects are committed, so users need no compiler.
// Needs clang and llvm-strip and the headers of libbpf (libbpf-dev); build/compiler.txt says which made the committed ones.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { architectures, objects } from './bpf-objects.ts';

const root = new URL('..', import.meta.url).pathname;

/** Whatever the bytes of the objects depend on besides our sources. Throws where the compiler or the headers are missing. */
export const compilerText = (): string => {
  const clang = execFileSync('clang', ['--version'], { encoding: 'utf8' }).split('\n')[0]?.trim();
  execFileSync('llvm-strip', ['--version'], { stdio: 'ignore' });
  const header = readFileSync('/usr/include/bpf/libbpf_version.h', 'utf8');
  const part = (name: string) => new RegExp(`LIBBPF_${name}_VERSION (\\d+)`).exec(header)?.[1];
  return `${clang}\nlibbpf headers ${part('MAJOR')}.${part('MINOR')}\n`;
};

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

if (import.meta.main) {
  buildBpf(`${root}bpf/build`);
  writeFileSync(`${root}bpf/build/compiler.txt`, compilerText());
}
