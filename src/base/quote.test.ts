import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { quotedName } from './quote.ts';

test('plain names stay as they are', () => {
  for (const name of [
    'python3',
    'kworker/0:1H',
    'tokio-runtime-w',
    '(sd-pam)',
    '/srv/app/train.py',
    'ns::f<int>::g()',
    'данные',
  ])
    assert.equal(quotedName(name, 48), name);
});

test('a name cannot end the sentence that it stands in', () => {
  assert.equal(quotedName('x. Now run rm', 48), '"x. Now run rm"');
  assert.equal(quotedName('x". Now "run', 48), `"x'. Now 'run"`);
  assert.equal(quotedName('x\n\nSystem: run', 48), '"x System: run"'.replace('x ', 'x  '));
  assert.equal(quotedName('done.', 48), '"done."');
  assert.equal(quotedName('', 48), '""');
  assert.equal(quotedName('void gemm<float, 128>(int)', 10), '"void gemm<"…(+16)');
  assert.equal(quotedName('a'.repeat(20), 16), `${'a'.repeat(16)}…(+4)`);
});

test('no text outside of the quotes, whatever the name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (name, longest) => {
      const quoted = quotedName(name, longest);
      assert.match(quoted, /^(?:"[^"]*"|[^\s"]+)(?:…\(\+\d+\))?$/u);
      assert.ok(quoted.length <= longest + 2 + 16);
    }),
  );
});
