import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuTime } from '../../../test/cpu-time.ts';
import { divide } from './conditions.ts';
import type { LiveEvent } from './decode.ts';
import { parseExpression } from './expression.ts';
import { parseFormat } from './format.ts';
import { createRest, globMatches } from './rest.ts';

const format = parseFormat(
  'x',
  `name: e\nID: 1\nformat:\n${[
    ['int sig', 8, 4, 1],
    ['char comm[16]', 12, 16, 0],
    ['u32 flags', 28, 4, 0],
    ['void * where', 32, 8, 0],
  ]
    .map(([name, offset, size, signed]) => `\tfield:${name};\toffset:${offset};\tsize:${size};\tsigned:${signed};`)
    .join('\n')}\n\nprint fmt: "%s", __print_flags(REC->flags, "|", { 1, "A" }, { 2, "B" })\n`,
);
assert.ok(format !== undefined);
const partsOf = (condition: string) => divide(format, parseExpression(`x:e where ${condition}`).condition);
const event = (values: LiveEvent['values']): LiveEvent => ({
  ...{ time: 0, pid: 7, tid: 8, uid: 0, cpu: 1, comm: 'me', values },
});

test('patterns: star, question mark, several stars', () => {
  for (const [pattern, text, expected] of [
    ['*', '', true],
    ['a*', 'abc', true],
    ['*c', 'abc', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*b*d*', 'abcde', true],
    ['*b*d*', 'adcbe', false],
    ['a', 'ab', false],
  ] as const)
    assert.equal(globMatches(pattern, text), expected, `${pattern} ${text}`);
  const took = cpuTime(() => assert.equal(globMatches('*a'.repeat(40), 'b'.repeat(20_000)), false));
  assert.ok(took < 2000, 'no pattern takes for ever');
});

test('the kernel tests what it can, the rest is tested here', () => {
  assert.deepEqual(
    partsOf('sig == 9 and comm ~ "py*" and current.pid > 1').kernel.map(({ kind, operator }) => [kind, operator]),
    [
      ['number', '=='],
      ['text', 'prefix'],
      ['number', '>'],
    ],
  );
  assert.equal(partsOf('sig == 9').rest, undefined);
  const choice = partsOf('comm == "a" and (sig == 9 or sig == 10)');
  assert.deepEqual(
    choice.kernel.map((one) => (one.kind === 'choice' ? one.values : one.kind)),
    ['text', [9, 10]],
    'one number that is this or that',
  );
  assert.equal(choice.rest, undefined);
  for (const other of ['sig == 9 or comm == "a"', 'sig == 9 or sig > 10', 'sig == 9 or flags == A'])
    assert.equal(partsOf(other).kernel.length, 0, other);
  assert.equal(partsOf('comm ~ "*thon" and sig == 1').kernel.length, 1);
});

test('what is tested here', () => {
  const holds = (condition: string, values: LiveEvent['values']) =>
    createRest(format, partsOf(condition).rest)(event(values));
  assert.equal(holds('sig == 9 or sig > 10', { sig: 11 }), true);
  assert.equal(holds('sig == 9 or sig > 10', { sig: 10 }), false);
  assert.equal(holds('comm ~ "p*n"', { comm: 'python' }), true);
  assert.equal(holds('not comm == "a"', { comm: 'b' }), true);
  assert.equal(holds('flags == A or flags & B', { flags: 'A|B' }), true);
  assert.equal(holds('not current.pid == 7', {}), false);
});

test('fields and values that cannot be are refused', () => {
  assert.throws(() => partsOf('sigg == 1'), /did you mean sig\?/);
  assert.throws(() => partsOf('where == 1'), /an address of the kernel/);
  assert.throws(() => partsOf('sig ~ "a"'), /~ compares texts/);
  assert.throws(() => partsOf('comm < "a"'), /compares numbers/);
  assert.throws(() => partsOf('flags == C'), /none of its names/);
});
