// A frame of a stack in a few words that a developer recognises. Names come from strangers: cleaned and cut.
import { quotedName } from '../base/quote.ts';
import { cleanText } from '../base/sanitize.ts';
import type { StackFrame } from '../store/read-stacks.ts';

const FUNCTION = 100;
const FILE = 60;
/** Parts of a path that tell files of the same name apart. */
const PATH_PARTS = 2;

/** The last parts of a path: `models/net.py` of `/srv/app/models/net.py`. */
export const shortPath = (path: string, parts = PATH_PARTS): string =>
  cleanText(path.split('/').slice(-parts).join('/'), FILE);

/** The function of a frame; where that has no name, the place in its file. */
export const functionText = ({ name, module, offset }: StackFrame): string => {
  if (name !== null && name !== '') return cleanText(name, FUNCTION);
  if (module === null) return '[unknown]';
  return `${shortPath(module, 1)}+0x${Math.max(0, offset).toString(16)}`;
};

type Show = (name: string, longest: number) => string;

const textOf = (frame: StackFrame, show: Show): string => {
  const { kind, name, module, file, line } = frame;
  const what = show(functionText(frame), FUNCTION);
  if (kind === 'kernel') return `${what} [k]`;
  if (kind === 'jit') return `${what} [jit]`;
  if (file !== null && file !== '') return `${what} (${show(shortPath(file), FILE)}${line === null ? '' : `:${line}`})`;
  return name === null || name === '' || module === null || module === ''
    ? what
    : `${what} (${show(shortPath(module, 1), FILE)})`;
};

/** `forward (models/net.py:142)`, `launch (libcore.so)`, `libcore.so+0x1f2`, `futex_wait [k]`, `main.loop [jit]`. */
export const frameText = (frame: StackFrame): string => textOf(frame, (name) => name);

/** The same for a sentence: a name that is not one plain word stands in quotes. */
export const placeText = (frame: StackFrame): string => textOf(frame, quotedName);
