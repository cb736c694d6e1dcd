// Python in stacks: each Python of this machine calls the simulated CUDA runtime from code of many kinds, and writes down from
// where. Every one of its calls must have a stack with the same Python frames: file, function, executing line. A Python that
// WHYTRACE_TEST_PYTHON adds must find this project where it is.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { findPythons } from '../../src/capture/pythons-for-test.ts';
import { PYTHON_FRAMES } from '../../src/catalogue/events.ts';
import { maybeNumber, maybeText, number, text } from '../../src/store/row.ts';
import { here, lab, type Recorded, record } from './recorder.ts';
import { json, numberOf } from './truth.ts';

const program = join(import.meta.dirname, 'programs', 'stacks-python', 'main.py');
const LOOP = /^(?:_PyEval_EvalFrameDefault|_TAIL_CALL_)/;
const pythons = findPythons().filter(
  ({ version: [major, minor], isFreeThreaded }) => major === 3 && minor >= 9 && minor <= 14 && !isFreeThreaded,
);

/** "file:line function" */
type Place = string;
type Truth = { readonly name: string; readonly size: number; readonly places: readonly Place[] };

const truthOf = (line: string): Truth => {
  const row = json(JSON.parse(line));
  assert.ok(Array.isArray(row.frames));
  const places = row.frames.map((frame: unknown) => {
    assert.ok(Array.isArray(frame));
    return `${frame[0]}:${frame[2]} ${frame[1]}`;
  });
  return { name: String(row.name), size: numberOf(row, 'size'), places };
};

type Frame = { readonly kind: string; readonly name: string | null; readonly place: Place };
type Taken = { readonly frames: readonly Frame[]; readonly complete: boolean };

/** The stacks of calls, by the bytes that were asked for: each call of the program asks for other ones. */
const stacksOf = ({ rows, calls }: Recorded): ReadonlyMap<number, Taken> => {
  const byStart = new Map(calls().map(({ tid, start, args }) => [`${tid} ${start}`, args.get('bytes') ?? 0]));
  const found = new Map<number, { frames: Frame[]; complete: boolean }>();
  const query = `SELECT call.start_ns, thread.tid, stack.complete, frame.* FROM call
    JOIN thread ON thread.id = call.thread
    JOIN taken_stack ON taken_stack.id = call.taken
    JOIN stack ON stack.id = taken_stack.stack
    JOIN stack_frame ON stack_frame.stack = stack.id
    JOIN frame ON frame.id = stack_frame.frame
    ORDER BY call.id, stack_frame.position`;
  for (const row of rows(query)) {
    const size = byStart.get(`${number(row, 'tid')} ${number(row, 'start_ns')}`) ?? 0;
    const taken = found.get(size) ?? { frames: [], complete: number(row, 'complete') === 1 };
    const name = maybeText(row, 'name');
    const place = `${maybeText(row, 'file')}:${maybeNumber(row, 'line')} ${name}`;
    taken.frames.push({ kind: text(row, 'kind'), name, place });
    found.set(size, taken);
  }
  return found;
};

const pythonOf = ({ frames }: Taken): readonly Place[] =>
  frames.flatMap(({ kind, place }) => (kind === 'python' ? [place] : []));

/** Frames of C between the key function and the function that called sorted. */
const between = ({ frames }: Taken): readonly (string | null)[] => {
  const places = frames.flatMap(({ kind }, i) => (kind === 'python' ? [i] : []));
  return frames.slice(places[1] ?? 0, places[2] ?? 0).map(({ name }) => name);
};

test(
  'some Python is there to be tested',
  { ...here, skip: here.skip || (pythons.length === 0 && 'needs Python 3.9 to 3.14') },
  () => assert.ok(pythons.length > 0),
);

for (const { command, name, version } of pythons)
  test(`stacks of ${name}`, here, async (t) => {
    const library = lab('libcudart.so.12');
    const env = { CUDASIM_ALLOC_US: '1500', PYTHONDONTWRITEBYTECODE: '1' };
    const seen = await record(t, ['--', ...command, program, library], { env });
    const lines = seen.ended.stdout.split('\n');
    assert.ok(lines.includes('done'), seen.ended.stderr);
    const truths = lines.filter((line) => line.startsWith('{')).map(truthOf);
    assert.ok(truths.length >= 50, `${truths.length} calls`);
    const stacks = stacksOf(seen);
    for (const { name, size, places } of truths) {
      const taken = stacks.get(size);
      assert.ok(taken, `the call of "${name}" has a stack`);
      assert.deepEqual(pythonOf(taken), places.slice(0, PYTHON_FRAMES), name);
      // Of deeper ones the copy of the native stack ends before the stack does.
      if (places.length > PYTHON_FRAMES) continue;
      assert.equal(taken.complete, true, name);
      const left = taken.frames.filter(({ kind, name }) => kind === 'native' && LOOP.test(name ?? ''));
      assert.deepEqual(left, [], name);
    }
    await t.test('C between Python and Python keeps its place', () => {
      const sorted = truths.find(({ name }) => name === 'sorted');
      const taken = sorted && stacks.get(sorted.size);
      assert.ok(taken);
      const names = between(taken);
      assert.ok(names.includes('PyObject_CallOneArg') || version[1] < 11, names.join(' '));
      assert.ok(names.length >= 3, names.join(' '));
    });
  });
