// Stacks of calls: the frames that the file keeps once for many rows, innermost first. Names stay as they are.
import { stackReasons } from '../../catalogue/events.ts';
import type { Database, Statement } from '../../store/open.ts';
import { maybeText } from '../../store/row.ts';
import type { FrameRow } from '../../store/stack-writer.ts';
import type { RecordingWriter } from '../../store/writer.ts';
import type { Tables } from '../importer.ts';

const MOST_FRAMES = 128;
const LONGEST_NAME = 2048;
/** Distinct stacks that are remembered. */
const REMEMBERED = 50_000;

const textIn = (frame: object, key: string): string | null => {
  const value: unknown = Reflect.get(frame, key);
  return typeof value === 'string' && value !== '' ? value.slice(0, LONGEST_NAME) : null;
};
const lineIn = (frame: object, key: string): number | null => {
  const value: unknown = Reflect.get(frame, key);
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 2 ** 31 ? value : null;
};

/** `cudaMalloc+0x1cb` is a function and bytes from its start. */
const symbolIn = (text: string): { readonly name: string; readonly offset: number } => {
  const found = /^(.+)\+0x([0-9a-f]{1,12})$/i.exec(text);
  return found === null
    ? { name: text, offset: 0 }
    : { name: found[1] ?? text, offset: Number.parseInt(found[2] ?? '0', 16) };
};

/** Keys: i address, s symbol, f file it is in, l line, pf pfn pl the same of Python (internal/store/store.go). */
const frameOf = (frame: unknown): FrameRow | undefined => {
  if (typeof frame !== 'object' || frame === null) return undefined;
  const python = textIn(frame, 'pfn');
  const source = textIn(frame, 'pf');
  if (python !== null || source !== null)
    return {
      kind: 'python',
      name: python,
      module: null,
      path: null,
      offset: 0,
      file: source,
      line: lineIn(frame, 'pl'),
    };
  const symbol = textIn(frame, 's');
  const module = textIn(frame, 'f');
  // An address in a process that is gone: it is the only name that the frame has.
  const { name, offset } = symbol === null ? { name: textIn(frame, 'i'), offset: 0 } : symbolIn(symbol);
  if (name === null && module === null) return undefined;
  const path = module?.startsWith('/') ? module : null;
  return { kind: 'native', name, module, path, offset, file: null, line: lineIn(frame, 'l') };
};

/** The frames of a stack as the file keeps them; none when that is no list of frames. */
export const framesOf = (json: string): readonly FrameRow[] => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return [];
  }
  if (!Array.isArray(parsed)) return [];
  return parsed
    .slice(0, MOST_FRAMES)
    .map(frameOf)
    .filter((frame) => frame !== undefined);
};

/** `take` returns the taken stack of a call (0 when it has none) by the key of its row. */
export const createStacks = (database: Database, tables: Tables, writer: RecordingWriter) => {
  const has = tables.get('stack_traces')?.has('frames') === true;
  const read: Statement | undefined = has
    ? database.prepare('SELECT substr(CAST(frames AS TEXT), 1, 1000000) AS frames FROM stack_traces WHERE hash = ?')
    : undefined;
  const frames = new Map<string, readonly FrameRow[]>();
  const defined = new Map<string, number>();
  let taken = 0;
  const framesAt = (key: string): readonly FrameRow[] => {
    const found = frames.get(key);
    if (found !== undefined) return found;
    const row = /^-?\d{1,19}$/.test(key) ? read?.get(BigInt(key)) : undefined;
    const made = row === undefined ? [] : framesOf(maybeText(row, 'frames') ?? '');
    if (frames.size >= REMEMBERED) frames.clear();
    frames.set(key, made);
    return made;
  };
  return {
    take: (key: string, pid: number, op: number): number => {
      if (key === '') return 0;
      const found = framesAt(key);
      if (found.length === 0) return 0;
      const id = writer.stacks.take(stackReasons.call, 1, op);
      const same = `${pid} ${key}`;
      const stack = defined.get(same);
      // How far it reaches is not told: frames without a name were left out.
      if (stack === undefined) defined.set(same, writer.stacks.define(id, pid, found, false));
      else writer.stacks.same(id, stack);
      taken++;
      return id;
    },
    count: () => taken,
  };
};

export type Stacks = ReturnType<typeof createStacks>;
