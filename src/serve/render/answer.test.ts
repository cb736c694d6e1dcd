import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderAnswer } from './answer.ts';
import { styleFor, wantsColour } from './style.ts';

const plain = styleFor(false);

test('fields, tables with numbers to the right, times in their unit', () => {
  const text = renderAnswer(
    {
      calls: 12,
      host: null,
      ok: true,
      ops: [
        { op: 'cudaMalloc', count: 5, max_ns: 1_500_000 },
        { op: 'cudaMemcpyAsync', count: 12, max_ns: 900 },
      ],
      notes: ['one', 'two'],
      empty: [],
    },
    plain,
  );
  assert.equal(
    text,
    [
      'calls: 12',
      'ok:    yes',
      '',
      'ops',
      '  op               count      max',
      '  cudaMalloc           5  1.50 ms',
      '  cudaMemcpyAsync     12   900 ns',
      '',
      'notes',
      '  - one',
      '  - two',
      '',
      'empty',
      '  (none)',
      '',
    ].join('\n'),
  );
});

test('rows of a query are a table under its own column names', () => {
  const text = renderAnswer(
    {
      columns: ['start_ns', 'a'],
      rows: [
        [1500, null],
        [2, 'x'],
      ],
      row_count: 2,
    },
    plain,
  );
  assert.equal(text, ['start_ns  a', '    1500', '       2  x', '', 'row_count: 2', ''].join('\n'));
});

test('what does not fit a table becomes blocks', () => {
  const text = renderAnswer({ tables: [{ name: 'calls', columns: { id: 'row id', start_ns: 'entry' } }] }, plain);
  assert.equal(
    text,
    ['tables', '  name: calls', '', '  columns', '    id:       row id', '    start_ns: entry', ''].join('\n'),
  );
});

test('colour only on a terminal that wants it', () => {
  const terminal = { isTTY: true };
  assert.equal(wantsColour(terminal, {}), true);
  assert.equal(wantsColour({}, {}), false);
  assert.equal(wantsColour(terminal, { NO_COLOR: '1' }), false);
  assert.equal(wantsColour(terminal, { TERM: 'dumb' }), false);
  assert.ok(renderAnswer({ a: 1 }, styleFor(true)).includes('\u001b['));
});
