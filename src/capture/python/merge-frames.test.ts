import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mergeFrames, type PythonFrame } from './merge-frames.ts';

const native = (name: string | null) => ({
  kind: 'native' as const,
  name,
  module: 'm',
  path: '/m',
  offset: 1,
  file: null,
  line: null,
});
const python = (name: string, entry = false): PythonFrame => ({ name, file: 'f.py', line: 1, entry, hidden: false });
const empty: PythonFrame = { name: null, file: null, line: null, entry: true, hidden: true };
const LOOP = '_PyEval_EvalFrameDefault';

const names = (
  natives: readonly (string | null)[],
  pythons: readonly PythonFrame[],
  options: { complete: boolean; pythonComplete?: boolean } = { complete: true },
): string =>
  mergeFrames(natives.map(native), pythons, options)
    .map(({ kind, name }) => (kind === 'python' ? `*${name}` : String(name)))
    .join(' ');

test('runs of Python frames take the place of the calls that execute them', () => {
  assert.equal(
    names(
      ['cudaMalloc', 'ffi_call', LOOP, '_PyEval_Vector', 'list_sort', `${LOOP}.cold`, 'main'],
      [python('key', true), python('inner'), python('outer', true)],
    ),
    'cudaMalloc ffi_call *key _PyEval_Vector list_sort *inner *outer main',
  );
});

test('a call that executes nothing to show leaves no frame', () => {
  assert.equal(names(['a', LOOP, 'b', LOOP, 'main'], [empty, python('f', true)]), 'a b *f main');
});

test('the parts of the loop of 3.14 go with it', () => {
  const loop = ['_TAIL_CALL_CALL', '_TAIL_CALL_RESUME', LOOP];
  assert.equal(names(['a', ...loop, 'main'], [python('f', true)]), 'a *f main');
  assert.equal(names(['a', ...loop, 'main'], []), `a ${loop.join(' ')} main`);
  const alone = ['a', '_TAIL_CALL_CALL', 'list_sort', '_TAIL_CALL_CALL_KW', 'main'];
  assert.equal(names(alone, [python('f', true), python('g', true)]), 'a *f list_sort *g main');
});

test('where the native stack ends early, the rest of Python follows', () => {
  const both = [python('f', true), python('g', true)];
  assert.equal(names(['a', LOOP, null], both, { complete: false }), 'a *f null *g');
  assert.equal(names([], both, { complete: false }), '*f *g');
  assert.equal(names(['a', LOOP, 'b', 'main'], both), 'a *f *g b main');
  assert.equal(names(['a', null, 'Py_RunMain', 'main'], both), 'a null *f *g Py_RunMain main');
});

test('where Python ends early, the outer calls stay as they are', () => {
  const cut = [python('f', true), python('g')];
  const short = { complete: true, pythonComplete: false };
  assert.equal(names([LOOP, LOOP, LOOP, 'main'], cut, short), `*f *g *[frames not read] ${LOOP} main`);
  assert.equal(names(['a', 'Py_RunMain'], cut, short), 'a *f *g *[frames not read] Py_RunMain');
  assert.equal(names([LOOP, LOOP], cut, short), '*f *g');
  assert.equal(names([], cut, { ...short, complete: false }), '*f *g');
  const whole = [python('f', true)];
  assert.equal(names([LOOP, 'call', LOOP, 'main'], whole, short), `*f call ${LOOP} main`);
});

test('of calls that nothing is known of, when both are complete, the inner ones stay', () => {
  assert.equal(names(['a', LOOP, 'run_string', LOOP, 'main'], [python('f', true)]), `a ${LOOP} run_string *f main`);
});

test('no frame is invented, lost or put out of order', () => {
  const natives = fc.array(fc.constantFrom(LOOP, `${LOOP}.lto_priv.0`, 'a', 'PyObject_Call', null, '_TAIL_CALL_X'));
  const frames = fc.array(fc.record({ entry: fc.boolean(), hidden: fc.boolean() }));
  fc.assert(
    fc.property(natives, frames, fc.boolean(), fc.boolean(), (all, places, complete, pythonComplete) => {
      const rows = all.map((name, offset) => ({ ...native(name), offset }));
      const pythons = places.map((place, line) => ({ ...python('f'), line, ...place }));
      const merged = mergeFrames(rows, pythons, { complete, pythonComplete });
      const shown = pythons.flatMap(({ hidden, line }) => (hidden ? [] : [line]));
      const read = merged.filter(({ kind, name }) => kind === 'python' && name === 'f');
      assert.deepEqual(
        read.map(({ line }) => line),
        shown,
      );
      const more = merged.filter(({ kind, name }) => kind === 'python' && name !== 'f');
      assert.ok(more.length <= (pythonComplete ? 0 : 1), `${more.length} frames more`);
      const kept = merged.flatMap(({ kind, offset }) => (kind === 'native' ? [offset] : []));
      assert.deepEqual(
        kept,
        kept.toSorted((a, b) => a - b),
      );
      const others = rows.filter(({ name }) => !/Eval|TAIL/.test(name ?? '')).map(({ offset }) => offset);
      assert.deepEqual(
        kept.filter((offset) => others.includes(offset)),
        others,
      );
    }),
  );
});
