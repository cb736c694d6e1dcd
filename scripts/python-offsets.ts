// Writes src/capture/python/offsets.gen.ts: where CPython 3.9 to 3.12 keeps what we read, as its own headers say. Needs a
// C compiler and those versions with their headers, from `pyenv` or on PATH; versions that are missing keep their numbers.
// From 3.13 on a runtime tells most of this itself.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PythonOffsets, pythonOffsets } from '../src/capture/python/offsets.gen.ts';

type Name = keyof PythonOffsets;

const sinceEach: Readonly<Record<Name, string>> = {
  runtimeHead: 'offsetof(_PyRuntimeState, interpreters.head)',
  interpreterNext: 'offsetof(PyInterpreterState, next)',
  interpreterRuntime: 'offsetof(PyInterpreterState, runtime)',
  interpreterThreads: 'offsetof(PyInterpreterState, threads.head)',
  threadNext: 'offsetof(PyThreadState, next)',
  threadInterpreter: 'offsetof(PyThreadState, interp)',
  threadId: 'offsetof(PyThreadState, thread_id)',
  threadFrame: 'offsetof(PyThreadState, cframe)',
  cframeFrame: 'offsetof(_PyCFrame, current_frame)',
  frameBytes: 'offsetof(_PyInterpreterFrame, localsplus)',
  frameCode: 'offsetof(_PyInterpreterFrame, f_code)',
  framePrevious: 'offsetof(_PyInterpreterFrame, previous)',
  frameInstruction: 'offsetof(_PyInterpreterFrame, prev_instr)',
  frameOwner: 'offsetof(_PyInterpreterFrame, owner)',
  frameEntry: '-1',
  codeFirstLine: 'offsetof(PyCodeObject, co_firstlineno)',
  codeFile: 'offsetof(PyCodeObject, co_filename)',
  codeName: 'offsetof(PyCodeObject, co_qualname)',
  codeTable: 'offsetof(PyCodeObject, co_linetable)',
  codeBytecode: 'offsetof(PyCodeObject, co_code_adaptive)',
  codeTraceable: 'offsetof(PyCodeObject, _co_firsttraceable)',
  codeMark: 'offsetof(PyCodeObject, co_version)',
  textLength: 'offsetof(PyASCIIObject, length)',
  textState: 'offsetof(PyASCIIObject, state)',
  textAscii: 'sizeof(PyASCIIObject)',
  textWide: 'sizeof(PyCompactUnicodeObject)',
  bytesSize: 'offsetof(PyVarObject, ob_size)',
  bytesData: 'offsetof(PyBytesObject, ob_sval)',
};

const of311: Partial<Record<Name, string>> = {
  frameEntry: 'offsetof(_PyInterpreterFrame, is_entry)',
  codeMark: 'offsetof(PyCodeObject, co_nlocals)',
};

const withFrameObjects: Partial<Record<Name, string>> = {
  interpreterThreads: 'offsetof(PyInterpreterState, tstate_head)',
  threadFrame: 'offsetof(PyThreadState, frame)',
  cframeFrame: '-1',
  frameBytes: '(offsetof(PyFrameObject, f_lasti) + 4 + 7) / 8 * 8',
  frameCode: 'offsetof(PyFrameObject, f_code)',
  framePrevious: 'offsetof(PyFrameObject, f_back)',
  frameInstruction: 'offsetof(PyFrameObject, f_lasti)',
  frameOwner: '-1',
  codeName: 'offsetof(PyCodeObject, co_name)',
  codeBytecode: 'offsetof(PyCodeObject, co_code)',
  codeTraceable: '-1',
  codeMark: 'offsetof(PyCodeObject, co_code)',
};

const versions: Readonly<Record<keyof typeof pythonOffsets, Partial<Record<Name, string>>>> = {
  '3.9': { ...withFrameObjects, codeTable: 'offsetof(PyCodeObject, co_lnotab)' },
  '3.10': withFrameObjects,
  '3.11': of311,
  '3.12': {},
};

/** Folders with the headers of a version: `.../include/python3.12`. */
const includeFolder = (version: string): string | undefined => {
  const pyenv = spawnSync('pyenv', ['root'], { encoding: 'utf8' });
  const root = pyenv.status === 0 ? join(pyenv.stdout.trim(), 'versions') : undefined;
  const installed = root === undefined ? [] : readdirSync(root).filter((name) => name.startsWith(`${version}.`));
  const commands = [...installed.map((name) => join(root ?? '', name, 'bin', 'python3')), `python${version}`];
  for (const command of commands) {
    const told = spawnSync(command, ['-c', 'import sysconfig; print(sysconfig.get_paths()["include"])'], {
      encoding: 'utf8',
    });
    if (told.status !== 0) continue;
    const folder = told.stdout.trim();
    const compiled = spawnSync('gcc', ['-fsyntax-only', `-I${folder}`, '-xc', '-'], { input: '#include <Python.h>' });
    if (compiled.status === 0) return folder;
  }
  return undefined;
};

const programOf = (expressions: Readonly<Record<Name, string>>): string => `
#define Py_BUILD_CORE 1
#include <Python.h>
#include <frameobject.h>
#include <stddef.h>
#include <internal/pycore_runtime.h>
#include <internal/pycore_interp.h>
#if PY_VERSION_HEX >= 0x030b0000
#include <internal/pycore_frame.h>
#include <internal/pycore_code.h>
#endif
int main(void) {
${Object.entries(expressions)
  .map(([name, expression]) => `  printf("${name} %ld\\n", (long)(${expression}));`)
  .join('\n')}
}
`;

/** The offsets of a version by its headers, or undefined where they are not on this machine. */
export const offsetsByHeaders = (version: keyof typeof pythonOffsets): Readonly<Record<string, number>> | undefined => {
  const folder = includeFolder(version);
  if (folder === undefined) return undefined;
  const work = mkdtempSync(join(tmpdir(), 'whytrace-offsets-'));
  try {
    const source = join(work, 'offsets.c');
    writeFileSync(source, programOf({ ...sinceEach, ...versions[version] }));
    execFileSync('gcc', ['-w', `-I${folder}`, `-I${folder}/internal`, source, '-o', join(work, 'offsets')]);
    const lines = execFileSync(join(work, 'offsets'), { encoding: 'utf8' }).trim().split('\n');
    return Object.fromEntries(lines.map((line) => line.split(' ')).map(([name, value]) => [name, Number(value)]));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
};

/** The versions that the generated file holds. */
export const pythonVersions = ['3.9', '3.10', '3.11', '3.12'] as const;

const fileText = (): string => {
  const names = Object.keys(sinceEach);
  const tables = pythonVersions.map((version) => {
    const offsets: Readonly<Record<string, number>> = offsetsByHeaders(version) ?? pythonOffsets[version];
    return `  '${version}': {\n${names.map((name) => `    ${name}: ${offsets[name]},`).join('\n')}\n  },`;
  });
  return `// Generated by scripts/python-offsets.ts from the headers of CPython. Do not edit.
// Byte offsets on 64-bit machines; -1 for what a version does not have. Meanings: src/catalogue/kernel-structs.ts.

/** Where a version of CPython keeps what we read. */
export type PythonOffsets = {
${names.map((name) => `  readonly ${name}: number;`).join('\n')}
};

export const pythonOffsets = {
${tables.join('\n')}
} as const satisfies Readonly<Record<string, PythonOffsets>>;
`;
};

if (import.meta.main)
  writeFileSync(new URL('../src/capture/python/offsets.gen.ts', import.meta.url).pathname, fileText());
