// The line of the user's own code in a stack: what an engineer means by "called from". Knows libraries by their paths.
import { quotedName } from '../base/quote.ts';
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
/** Where libraries of the system, of CUDA, of Python and of packages lie. */
const FOREIGN_FOLDER =
  /^\/(usr\/)?lib(64|32|x32)?\/|^\/(usr\/local|opt)\/(nvidia|cuda)[^/]*\/|^\/(nix|gnu)\/store\/|\/(site|dist)-packages\/|\/lib(64)?\/python\d[\d.]*t?\/|(conda|mamba|miniforge)[^/]*\/(envs\/[^/]+\/)?lib\//;
/** Their names, for where the path is not known, or they lie elsewhere; `[vdso]` and the like. */
const FOREIGN_NAME =
  /^\[|(^|\/)((ld-(linux|musl)|libc\.musl)[\w.-]*|lib(c|m|pthread|dl|rt|stdc\+\+|gcc_s|ffi|gomp|omp|iomp5|z|crypto|ssl)[-\d.]*|lib(cu(da|dart|blas|dnn|fft|rand|sparse|solver|pti)|nccl|nv)[\w.-]*)\.so/;

const isOwnPython = ({ kind, file }: StackFrame): boolean =>
  kind === 'python' && file !== null && !FOREIGN_PYTHON.test(file);
const isForeignFile = (file: string): boolean => FOREIGN_FOLDER.test(file) || FOREIGN_NAME.test(file);
const isOwnNative = ({ kind, module, path }: StackFrame): boolean =>
  kind === 'jit' || (kind === 'native' && module !== null && !isForeignFile(path ?? module) && !isInterpreter(module));

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
  const { path, module, line } = found;
  const file = found.file ?? path ?? module;
  return { function: cleanText(functionText(found), FUNCTION), file: file === null ? null : fileOf(file), line };
};

/** "forward() at train.py:142", "launch() in libcore.so". */
export const codeText = ({ function: name, file, line }: CodeLine): string => {
  const quoted = quotedName(name, FUNCTION);
  const called = /[)\]>"]$|\+0x/.test(quoted) ? quoted : `${quoted}()`;
  if (file === null) return called;
  const place = quotedName(shortPath(file, 1), FILE_NAME);
  return line === null ? `${called} in ${place}` : `${called} at ${place}:${line}`;
};
