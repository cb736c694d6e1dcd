// Puts the frames of Python into a native stack, in the places of the interpreter's own frames. Pure.

/** A frame of Python; nulls where it is not known. */
export type PythonFrame = {
  readonly name: string | null;
  readonly file: string | null;
  readonly line: number | null;
  /** The outermost of those that one native call of the interpreter executes. */
  readonly entry: boolean;
  /** Stands for a native call that executes nothing to show. */
  readonly hidden: boolean;
};

type AnyFrame = {
  readonly kind: 'native' | 'python' | 'kernel' | 'jit';
  readonly name: string | null;
  readonly module: string | null;
  readonly path: string | null;
  readonly offset: number;
  readonly file: string | null;
  readonly line: number | null;
};

/** The interpreter's loop: one native call executes one run of Python frames. `.cold`, `.constprop.0`: parts and copies. */
const LOOP = /^_PyEval_EvalFrameDefault(?:\.|$)/;
/**
 * The parts of the loop that are functions of their own in some builds of 3.14 (Python/ceval_macros.h). One jumps to the next,
 * so that only the last is there, and the function above only where the compiler made it call the first.
 */
const LOOP_PART = /^_TAIL_CALL_/;
const PYTHON_OWN = /^_?Py[A-Z_]|^pymain_/;

/** Between what is known of Python and what was called before the rest of it: neighbours there are no caller and callee. */
const NOT_READ = '[frames not read]';

const rowOf = ({ name, file, line }: PythonFrame): AnyFrame => ({
  kind: 'python',
  name,
  module: null,
  path: null,
  offset: 0,
  file,
  line,
});

const notRead: AnyFrame = rowOf({ name: NOT_READ, file: null, line: null, entry: false, hidden: false });

/** Frames that one native call executes, the innermost first. */
const runsOf = (frames: readonly PythonFrame[]): PythonFrame[][] => {
  const runs: PythonFrame[][] = [];
  let isOpen = false;
  for (const frame of frames) {
    if (!isOpen) runs.push([]);
    runs.at(-1)?.push(frame);
    isOpen = !frame.entry;
  }
  return runs;
};

/** Where runs go that no frame of the loop was found for: `at` is an index of the native frames. */
const placeOfRest = (native: readonly AnyFrame[], loops: readonly number[], complete: boolean): number => {
  const last = loops.at(-1);
  if (!complete) return native.length;
  if (last !== undefined) return last + 1;
  const first = native.findIndex(({ name }) => name !== null && PYTHON_OWN.test(name));
  return first < 0 ? native.length : first;
};

/**
 * Both stacks have the innermost frame first. `complete`: the native one reaches its outermost frame; `pythonComplete`: the
 * other does. Each frame of the interpreter's loop is replaced by the run of Python frames that it executes; all others stay.
 * Where there are more such frames than runs, those that are left stay as they are: the inner ones when both stacks are
 * complete, else the outer ones. Where there are more runs, the rest follow the last such frame, or all native frames where
 * these end early. Where the last run was cut short, and native frames follow, a frame says so. Nothing else is invented, and
 * the order of neither stack is changed.
 */
export const mergeFrames = <F extends AnyFrame>(
  native: readonly F[],
  python: readonly PythonFrame[],
  { complete, pythonComplete = true }: { readonly complete: boolean; readonly pythonComplete?: boolean },
): (F | AnyFrame)[] => {
  const runs = runsOf(python);
  const isNamed = (i: number, pattern: RegExp): boolean =>
    native[i]?.kind === 'native' && pattern.test(native[i]?.name ?? '');
  const isLoop = (i: number): boolean => isNamed(i, LOOP) || isNamed(i, LOOP_PART);
  const isPart = (i: number): boolean => isNamed(i, LOOP_PART) && isLoop(i + 1);
  const loops = native.flatMap((_, i) => (isLoop(i) && !isPart(i) ? [i] : []));
  const skipped = complete && pythonComplete ? Math.max(0, loops.length - runs.length) : 0;
  const runAt = new Map(
    loops.slice(skipped).flatMap((at, i) => (runs[i] === undefined ? [] : [[at, runs[i]] as const])),
  );
  const rest = runs.slice(runAt.size);
  const restAt = rest.length === 0 ? -1 : placeOfRest(native, loops, complete);
  const cut = pythonComplete || python.at(-1)?.entry !== false ? undefined : runs.at(-1);
  const rows = (run: readonly PythonFrame[]): AnyFrame[] => {
    const shown = run.filter(({ hidden }) => !hidden).map(rowOf);
    return run === cut ? [...shown, notRead] : shown;
  };
  const goesWithNext = (i: number): boolean => isPart(i) && (runAt.has(i + 1) || goesWithNext(i + 1));
  const merged = native.flatMap((frame, i): (F | AnyFrame)[] => {
    const before = i === restAt ? rest.flatMap(rows) : [];
    const run = runAt.get(i);
    if (run) return [...before, ...rows(run)];
    return goesWithNext(i) ? before : [...before, frame];
  });
  const all = restAt === native.length ? [...merged, ...rest.flatMap(rows)] : merged;
  return all.at(-1) === notRead ? all.slice(0, -1) : all;
};
