// Python in stacks: each Python of this machine calls the simulated CUDA runtime from code of many kinds, and writes down from
// where. Every one of its calls must have a stack with the same Python frames: file, function, executing line. A Python that
// WHYTRACE_TEST_PYTHON adds must find this project where it is.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findPythons } from '../../src/capture/pythons-for-test.ts';
import { PYTHON_FRAMES } from '../../src/catalogue/events.ts';
import { maybeNumber, maybeText, number, text } from '../../src/store/row.ts';
import { here, lab, type Recorded, record } from './recorder.ts';
import { json, numberOf } from './truth.ts';

const programs = join(import.meta.dirname, 'programs', 'stacks-python');
const NOT_READ = '[frames not read]';
/** A frame of code that was not told of. */
const UNKNOWN: Place = 'null:null null';
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
  frames.flatMap(({ kind, name, place }) => (kind === 'python' && name !== NOT_READ ? [place] : []));

/** Frames of C between the key function and the function that called sorted. */
const between = ({ frames }: Taken): readonly (string | null)[] => {
  const places = frames.flatMap(({ kind }, i) => (kind === 'python' ? [i] : []));
  return frames.slice(places[1] ?? 0, places[2] ?? 0).map(({ name }) => name);
};

/** Records a program of the folder and gives what it said of its calls, and their stacks. */
const recordProgram = async (t: TestContext, command: readonly string[], name: string) => {
  const library = lab('libcudart.so.12');
  const env = { CUDASIM_ALLOC_US: '1500', PYTHONDONTWRITEBYTECODE: '1' };
  const seen = await record(t, ['--', ...command, join(programs, name), library], { env });
  const lines = seen.ended.stdout.split('\n');
  assert.ok(lines.includes('done'), seen.ended.stderr);
  return { seen, truths: lines.filter((line) => line.startsWith('{')).map(truthOf), stacks: stacksOf(seen) };
};

test(
  'some Python is there to be tested',
  { ...here, skip: here.skip || (pythons.length === 0 && 'needs Python 3.9 to 3.14') },
  () => assert.ok(pythons.length > 0),
);

for (const { command, name, version } of pythons)
  test(`stacks of ${name}`, here, async (t) => {
    const { truths, stacks } = await recordProgram(t, command, 'main.py');
    assert.ok(truths.length >= 50, `${truths.length} calls`);
    for (const { name, size, places } of truths) {
      const taken = stacks.get(size);
      assert.ok(taken, `the call of "${name}" has a stack`);
      const isCut = places.length > PYTHON_FRAMES || name === 'outermost is unreadable';
      const seen = places.slice(0, Math.min(PYTHON_FRAMES, isCut ? places.length - 1 : places.length));
      assert.deepEqual(pythonOf(taken), seen, name);
      assert.equal(taken.complete, !isCut, name);
      const isNeighbour = taken.frames.findLastIndex(({ kind }) => kind === 'python') < taken.frames.length - 1;
      const marks = taken.frames.filter((frame) => frame.name === NOT_READ);
      // Before 3.11 a native call goes with each frame, and stays where that is not read.
      assert.equal(
        marks.length,
        isCut && isNeighbour && version[1] >= 11 ? 1 : 0,
        `${name}: a frame for those that were not read`,
      );
      if (isCut) continue;
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

/** Of each stack in the chain of new functions: how many frames of it are known, and how many frames are not. */
const KNOWN_OF_CHAIN = `SELECT sum(frame.file = '/srv/chain.py') AS known, sum(frame.name IS NULL) AS unknown
  FROM stack_frame JOIN frame ON frame.id = stack_frame.frame WHERE frame.kind = 'python'
  GROUP BY stack_frame.stack HAVING known > 0`;

for (const { command, name } of pythons)
  test(`code of ${name} that is new`, here, async (t) => {
    const { seen, truths, stacks } = await recordProgram(t, command, 'fresh.py');
    const unknown = truths.flatMap(({ name, size, places }) => {
      const taken = stacks.get(size);
      assert.ok(taken, `the call of "${name}" has a stack`);
      const found = pythonOf(taken);
      assert.equal(found.length, places.length, name);
      const known = places.map((place, i) => (found[i] === UNKNOWN ? UNKNOWN : place));
      assert.deepEqual(found, known, name);
      return [{ name, frames: found.filter((place) => place === UNKNOWN).length }];
    });
    const of = (call: string) => unknown.find(({ name }) => name === call)?.frames;
    const met = seen.rows(KNOWN_OF_CHAIN).filter((row) => number(row, 'unknown') > 0);
    const known = met.map((row) => number(row, 'known'));
    assert.ok(Math.min(...known) <= 8, `one stack tells of no more than 8 that are new: ${known.join(' ')}`);
    assert.equal(of('chain 9'), 0, 'the next ones tell of the rest');
    const children = unknown.filter(({ name }) => name.startsWith('child'));
    assert.deepEqual(
      children.map(({ name }) => name),
      ['a', 'b', 'c'].flatMap((letter) => Array.from({ length: 3 }, () => `child_${letter}`)),
    );
    assert.ok(children.filter(({ frames }) => frames > 0).length <= 3, JSON.stringify(children));
  });
