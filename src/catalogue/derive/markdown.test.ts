import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markdownPage, markdownTable } from './markdown.ts';

test('a cell cannot break its table', () => {
  assert.equal(
    markdownTable(['a', 'b'], [['x | y', 'two\nlines'], ['short']]),
    ['| a | b |', '| --- | --- |', '| x \\| y | two lines |', '| short |  |'].join('\n'),
  );
});

test('a page ends in one line break and has blank lines between its parts', () => {
  assert.equal(
    markdownPage('T', '`x.ts`', ['one', 'two']),
    '# T\n\nGenerated from `x.ts` by `npm run generate`. Do not edit.\n\none\n\ntwo\n',
  );
});
