// For tests only: small C programs, compiled into a folder of their own that goes away with the test, and started there.
// Must not be imported by anything but tests.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Why a test that needs a C compiler cannot run here, or false. */
export const lacksCompiler: string | false =
  spawnSync('gcc', ['--version']).status === 0 ? false : 'needs gcc: install it to run this test';

/** A fresh folder that is removed when the test ends. */
export const temporaryFolder = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** Compiles C text to `folder/name` and gives its path. */
export const compile = (folder: string, name: string, source: string, flags: readonly string[] = []): string => {
  const path = join(folder, name);
  writeFileSync(`${path}.c`, source);
  execFileSync('gcc', [`${path}.c`, '-o', path, ...flags], { stdio: ['ignore', 'ignore', 'inherit'] });
  return path;
};

/** A started program and the first line that it printed. It is ended, by its id, when the test ends. */
export type Started = { pid: number; line: string; stop: () => Promise<void> };

/** Starts a program (in `cwd`, where given) and waits until it has printed its first line. */
export const start = async (
  t: TestContext,
  command: string,
  args: readonly string[] = [],
  options: { cwd?: string } = {},
): Promise<Started> => {
  const child: ChildProcess = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'inherit'] });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  t.after(stop);
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  if (child.pid === undefined || !text.includes('\n')) throw new Error(`${command} ended before it printed a line`);
  return { pid: child.pid, line: text.split('\n')[0] ?? '', stop };
};

/** C text of a program that maps the files it is given as code, prints a line and waits. */
export const MAPPER = `
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    int fd = open(argv[i], O_RDONLY);
    if (fd < 0 || mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED) return 1;
    close(fd);
  }
  puts("mapped");
  fflush(stdout);
  return getchar() == 0;
}
`;
