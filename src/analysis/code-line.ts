// The line of the user's own code in a stack: what an engineer means by "called from". Knows libraries by their paths.
import { cleanText } from '../base/sanitize.ts';
import type { Stack, StackFrame } from '../store/read-stacks.ts';
import { functionText, shortPath } from './frame-text.ts';
import { isInterpreter } from './visible-frames.ts';

export type CodeLine = {
  readonly function: string;
  /** Source file, or the file that the code is in. */
  readonly file: string | null;
  readonly line: number | null;
};

const FUNCTION = 48;
const FILE = 80;
/** Of a file without its folders, in a sentence. */
const FILE_NAME = 32;

/** Python that came with Python or was installed: its standard library, packages, frozen modules, what `exec` was given. */
const FOREIGN_PYTHON = /\/(site|dist)-packages\/|\/lib(64)?\/python\d[\d.]*t?\/|^<(?!stdin>|ipython|string>)/;
/** Native code of the system, the CUDA libraries, and packages. */
const FOREIGN_NATIVE =
  /^\/(usr\/)?lib(64|32|x32)?\/|\/(site|dist)-packages\/|^\[|(^|\/)(ld-linux|ld-musl|libc|libc-\d|libm|libpthread|libdl|librt|libstdc\+\+|libgcc_s|libffi|libcuda|libcudart|libcublas|libcudnn|libcufft|libcurand|libcusparse|libcusolver|libnccl|libnv|libnvidia)[\w.-]*\.so/;

const isOwnPython = ({ kind, file }: StackFrame): boolean =>
  kind === 'python' && file !== null && !FOREIGN_PYTHON.test(file);
const isOwnNative = ({ kind, module }: StackFrame): boolean =>
  kind === 'jit' || (kind === 'native' && module !== null && !FOREIGN_NATIVE.test(module) && !isInterpreter(module));

/** The end of a path, which tells more than its beginning. */
const fileOf = (path: string): string =>
  path.length <= FILE ? cleanText(path, FILE) : `...${cleanText(path.slice(3 - FILE), FILE)}`;

/**
 * The innermost frame of the user's own code: of Python outside of its standard library and installed packages; else any
 * Python; else native code outside of the libraries of the system and of CUDA. Undefined when there is none. A place from
 * which `shared` operations come (frame ids) is a wrapper around them: who calls it is meant, where that is not one too.
 */
export const codeLineOf = ({ frames }: Stack, shared: ReadonlySet<number>): CodeLine | undefined => {
  const first = (isMeant: (frame: StackFrame) => boolean): StackFrame | undefined =>
    frames.find((frame) => isMeant(frame) && !shared.has(frame.id)) ?? frames.find(isMeant);
  const found = first(isOwnPython) ?? first(({ kind }) => kind === 'python') ?? first(isOwnNative);
  if (found === undefined) return undefined;
  const { file, module, line } = found;
  const path = file ?? module;
  return { function: cleanText(functionText(found), FUNCTION), file: path === null ? null : fileOf(path), line };
};

/** "forward() at train.py:142", "launch() in libcore.so". */
export const codeText = ({ function: name, file, line }: CodeLine): string => {
  const called = /[)\]>]$|\+0x/.test(name) ? name : `${name}()`;
  if (file === null) return called;
  const place = cleanText(shortPath(file, 1), FILE_NAME);
  return line === null ? `${called} in ${place}` : `${called} at ${place}:${line}`;
};
