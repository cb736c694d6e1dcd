import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../base/errors.ts';
import { parseExpression } from './expression.ts';

const comparison = (field: string, operator: string, value: number | string, quoted = false) => ({
  ...{ kind: 'comparison', field, operator, value, quoted },
});

test('an event alone, and one with conditions', () => {
  assert.deepEqual(parseExpression('sched:sched_process_exec'), {
    ...{ category: 'sched', name: 'sched_process_exec', condition: undefined },
  });
  assert.deepEqual(parseExpression('a:b where x == 5 and name ~ "/etc/*"').condition, {
    kind: 'and',
    terms: [comparison('x', '==', 5), comparison('name', '~', '/etc/*', true)],
  });
});

test('"or" binds less than "and", "not" and parentheses as everywhere', () => {
  assert.deepEqual(parseExpression('a:b where x=1 or y>2 and not (z<3 or w&0x10)').condition, {
    kind: 'or',
    terms: [
      comparison('x', '==', 1),
      {
        kind: 'and',
        terms: [
          comparison('y', '>', 2),
          { kind: 'not', term: { kind: 'or', terms: [comparison('z', '<', 3), comparison('w', '&', 16)] } },
        ],
      },
    ],
  });
});

test('units, negative numbers, names and quotes', () => {
  const valueIn = (text: string) => {
    const { condition } = parseExpression(`a:b where x == ${text}`);
    return condition?.kind === 'comparison' ? condition.value : undefined;
  };
  assert.equal(valueIn('10ms'), 10_000_000);
  assert.equal(valueIn('4KiB'), 4096);
  assert.equal(valueIn('-1'), -1);
  assert.equal(valueIn('0xff'), 255);
  assert.equal(valueIn('TCP_SYN_SENT'), 'TCP_SYN_SENT');
  assert.equal(valueIn('"a \\" b"'), 'a " b');
});

test('what is wrong is said', () => {
  for (const [text, words] of [
    ['sched', /not of the form category:name/],
    ['a:b when x == 1', /comes when and not "where"/],
    ['a:b where', /ends where a field should be/],
    ['a:b where x', /ends where an operator after x/],
    ['a:b where x == ', /ends where a value/],
    ['a:b where x == 1 y', /after the last condition comes y/],
    ['a:b where (x == 1', /ends where "\)"/],
    ['a:b where 5 == x', /5 is not the name of a field/],
    ['a:b where x == "open', /nothing is known/],
    [`a:b where ${'('.repeat(100)}x == 1`, /nested deeper/],
    ['x'.repeat(3000), /3000 characters/],
  ] as const)
    assert.throws(() => parseExpression(text), words, text);
});

test('any text is read or refused in our words, never otherwise', () => {
  const words = fc.constantFrom(
    'a:b',
    'where',
    'and',
    'or',
    'not',
    '(',
    ')',
    'x',
    '==',
    '~',
    '"t"',
    '5',
    '<',
    '&',
    "'",
    '\\',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(words).map((all) => all.join(' ')),
      ),
      (text) => {
        try {
          parseExpression(text);
        } catch (thrown) {
          assert.ok(thrown instanceof UserError, String(thrown));
        }
      },
    ),
  );
});
