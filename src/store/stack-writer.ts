// Writes stacks and samples. A stack is taken at once and its frames come later, from another thread, or never; only then it
// is known to be equal to another. Knows tables, not where frames come from.
import { Batch } from './batch.ts';
import type { Sealer } from './evidence/sealer.ts';
import { createInterner } from './interner.ts';
import type { Database } from './open.ts';
import { maybeNumber, maybeText, number, type Row } from './row.ts';
import { Segment, type SegmentIds } from './segment.ts';

/** One frame of a stack; its texts come from strangers. */
export type FrameRow = {
  readonly kind: 'native' | 'python' | 'kernel' | 'jit';
  /** Function; null when it has no symbol. */
  readonly name: string | null;
  /** Name of the file the code is in; null for Python. */
  readonly module: string | null;
  /** Path of that file as its process sees it; null for Python, the kernel and code that is in no file. */
  readonly path: string | null;
  /** Bytes from the start of the function, or of the module when it has no symbol; 0 for Python. */
  readonly offset: number;
  /** Source file; null when it is not known. */
  readonly file: string | null;
  /** Line that was executed; null when it is not known. */
  readonly line: number | null;
};

/** The part of a recording's writer that is about stacks. `flush` writes what is held back; `isLast`: nothing comes after it. */
export type StackWriter = {
  /** A stack was taken: `reason` as in `stackReasons`, `weight` how many events it stands for, `op` of a call
   * (meta_op.id). Returns its id (taken_stack.id). */
  readonly take: (reason: number, weight: number, op?: number | null) => number;
  /**
   * Its frames, innermost first; `complete` when the outermost was reached. Before or after `flush`, at most once. A taken
   * stack that is never defined stays without frames; no frames at all are no definition. Returns the id of the stack
   * (stack.id), 0 when there is none.
   */
  readonly define: (taken: number, pid: number, frames: readonly FrameRow[], complete: boolean) => number;
  /** Its weight, where that was not known when it was taken. */
  readonly weigh: (taken: number, weight: number) => void;
  /** It is equal to one that was defined before: instead of `define`. */
  readonly same: (taken: number, stack: number) => void;
  /** A thread was seen running. `time` in ns, `thread` as of `threadId`, `taken` null when no stack could be taken. */
  readonly sample: (time: number, thread: number, cpu: number, taken: number | null) => void;
  readonly flush: (isLast?: boolean) => void;
  /** Id of the stack that was taken last, 0 before the first. */
  readonly lastTaken: () => number;
  /** Ids of stacks and frames from before are not given again; `same` is still told of those that were. */
  readonly forget: () => void;
  /** Taken stacks up to this id have gone. */
  readonly gone: (until: number) => void;
  /**
   * Id of a taken stack for a row that is written now, null when it has gone: one from before the last `forget` is written
   * anew, since a long wait is told when it ends, and what was there when it began goes earlier than its row.
   */
  readonly idNow: (taken: number) => number | null;
  /** How many were asked for that had gone. */
  readonly missed: () => number;
};

/** Distinct stacks remembered at most; after that one may be written twice, which is harmless. */
const REMEMBERED_STACKS = 100_000;
/** Taken stacks whose rows are held back, so that frames that come soon need no change of a row. */
const HELD_BACK = 4096;

/** The columns of a frame in their order. */
type FrameValues = readonly (string | number | null)[];
const valuesOf = ({ kind, name, module, path, offset, file, line }: FrameRow): FrameValues => [
  kind,
  name,
  module,
  path,
  offset,
  file,
  line,
];
const frameValues = (row: Row): FrameValues => [
  ...['kind', 'name', 'module', 'path'].map((column) => maybeText(row, column)),
  ...[number(row, 'offset'), maybeText(row, 'file'), maybeNumber(row, 'line')],
];

type Taken = { readonly reason: number; weight: number; readonly op: number | null; stack: number | null };

export const createStackWriter = (
  database: Database,
  sealer?: Sealer,
  segmentIds: SegmentIds = { last: 0 },
): StackWriter => {
  const takenRows = new Batch(database, 'taken_stack', ['stack', 'reason', 'weight', 'op'], sealer);
  const samples = new Batch(database, 'cpu_sample', ['time_ns', 'thread', 'cpu', 'taken'], sealer);
  const sampleSegment = new Segment(database, 'cpu_sample', samples, segmentIds);
  const frameIds = createInterner(database, 'frame', ['kind', 'name', 'module', 'path', 'offset', 'file', 'line']);
  const insertStack = database.prepare('INSERT INTO stack (id, pid, frames, complete) VALUES (?, ?, ?, ?)');
  const insertFrame = database.prepare('INSERT INTO stack_frame (stack, position, frame) VALUES (?, ?, ?)');
  const setStack = database.prepare('UPDATE taken_stack SET stack = ? WHERE id = ?');
  const setWeight = database.prepare('UPDATE taken_stack SET weight = ? WHERE id = ?');
  const readTaken = database.prepare(
    'SELECT t.stack, t.reason, t.weight, t.op, s.pid, s.complete FROM taken_stack t LEFT JOIN stack s ON s.id = t.stack WHERE t.id = ?',
  );
  const readFrames = database.prepare(
    'SELECT f.kind, f.name, f.module, f.path, f.offset, f.file, f.line FROM stack_frame s JOIN frame f ON f.id = s.frame WHERE s.stack = ? ORDER BY s.position',
  );
  const removeTaken = database.prepare('DELETE FROM taken_stack WHERE id = ?');
  const held = new Map<number, Taken>();
  const known = new Map<string, number>();
  let lastTaken = 0;
  let lastStack = 0;
  /** The last that was taken before names were forgotten, the last that has gone, and how many were missed since. */
  let old = 0;
  let goneUntil = 0;
  let missed = 0;

  /** Rows are written in the order of their ids, which the batch counts as `take` does. */
  const writeHeld = (): void => {
    for (const { stack, reason, weight, op } of held.values()) {
      const at = takenRows.next();
      takenRows.values[at] = stack;
      takenRows.values[at + 1] = reason;
      takenRows.values[at + 2] = weight;
      takenRows.values[at + 3] = op;
    }
    held.clear();
    takenRows.flush();
  };

  const stackId = (pid: number, frames: readonly FrameValues[], complete: boolean): number => {
    const ids = frames.map((frame) => frameIds.idOf(frame));
    const key = `${pid}${complete ? ':' : '?'}${ids.join(',')}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size >= REMEMBERED_STACKS) known.clear();
    const id = ++lastStack;
    known.set(key, id);
    insertStack.run(id, pid, ids.length, complete ? 1 : 0);
    for (let i = 0; i < ids.length; i++) insertFrame.run(id, i, ids[i] ?? null);
    return id;
  };

  const same = (taken: number, stack: number): void => {
    const row = held.get(taken);
    if (row === undefined) setStack.run(stack, taken);
    else row.stack = stack;
  };

  const take = (reason: number, weight: number, op: number | null = null): number => {
    if (held.size >= HELD_BACK) writeHeld();
    held.set(++lastTaken, { reason, weight, op, stack: null });
    return lastTaken;
  };

  const writeAnew = (taken: number): number | null => {
    const row = taken <= goneUntil ? undefined : readTaken.get(taken);
    if (row === undefined) {
      missed++;
      return null;
    }
    const anew = take(number(row, 'reason'), number(row, 'weight'), maybeNumber(row, 'op'));
    const stack = maybeNumber(row, 'stack');
    const frames = stack === null ? [] : readFrames.all(stack).map(frameValues);
    if (frames.length > 0) same(anew, stackId(number(row, 'pid'), frames, number(row, 'complete') === 1));
    removeTaken.run(taken);
    return anew;
  };

  return {
    take,
    define: (taken, pid, frames, complete) => {
      if (frames.length === 0) return 0;
      const stack = stackId(pid, frames.map(valuesOf), complete);
      same(taken, stack);
      return stack;
    },
    same,
    weigh: (taken, weight) => {
      const row = held.get(taken);
      if (row === undefined) setWeight.run(weight, taken);
      else row.weight = weight;
    },
    sample: (time, thread, cpu, taken) => {
      const at = samples.next();
      const { values } = samples;
      values[at] = time;
      values[at + 1] = thread;
      values[at + 2] = cpu;
      values[at + 3] = taken;
      sampleSegment.saw(time, 0);
    },
    flush: (isLast = false) => {
      writeHeld();
      samples.flush();
      sampleSegment.flush(isLast);
    },
    lastTaken: () => lastTaken,
    forget: () => {
      frameIds.forget();
      known.clear();
      old = lastTaken;
    },
    gone: (until) => {
      goneUntil = until;
    },
    idNow: (taken) => (taken > old ? taken : writeAnew(taken)),
    missed: () => missed,
  };
};
