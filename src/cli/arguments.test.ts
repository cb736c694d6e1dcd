import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../base/errors.ts';
import { parseArguments } from './arguments.ts';

const command = {
  name: 'record',
  usage: '[OPTIONS] [-- CMD]',
  words: 1,
  rest: true,
  options: {
    output: { type: 'text', short: 'o', doc: 'file' },
    pid: { type: 'integer', short: 'p', repeat: true, doc: 'process' },
    duration: { type: 'time', doc: 'how long' },
    max_bytes: { type: 'integer', doc: 'bytes' },
    all: { type: 'flag', doc: 'all' },
  },
} as const;
const parse = (...argv: string[]) => parseArguments(command, argv);

test('values in every spelling, repeated ones, and the command after --', () => {
  const args = parse(
    '-o',
    'x.db',
    '--pid=1',
    '-p2',
    '--duration',
    '1.5s',
    '--max-bytes',
    '9',
    '--all',
    'word',
    '--',
    'ls',
    '--all',
    '--',
    '-l',
  );
  assert.deepEqual(
    {
      output: args.text('output'),
      pids: args.integers('pid'),
      duration: args.time('duration'),
      bytes: args.integer('max_bytes'),
      all: args.flag('all'),
      words: args.words,
      rest: args.rest,
    },
    {
      output: 'x.db',
      pids: [1, 2],
      duration: 1.5e9,
      bytes: 9,
      all: true,
      words: ['word'],
      rest: ['ls', '--all', '--', '-l'],
    },
  );
  assert.equal(parse('--max_bytes', '7').integer('max_bytes'), 7);
});

test('nothing given is nothing', () => {
  const args = parse();
  assert.deepEqual(
    [args.text('output'), args.integers('pid'), args.time('duration'), args.flag('all'), args.rest],
    [undefined, [], undefined, false, undefined],
  );
  assert.throws(() => args.text('typo'), /has no option typo/);
});

test('wrong usage is one line with exit code 2', () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['--outptu', 'x'], /unknown option '--outptu': did you mean '--output'\?/],
    [['-x'], /unknown option '-x'/],
    [['--pid', 'abc'], /bad value 'abc' for --pid: it takes a whole number/],
    [['--pid', '-3'], /bad value '-3'/],
    [['--duration', 'long'], /'long' is not a time/],
    [['--output'], /--output needs a value/],
    [['--output='], /--output needs a value/],
    [['--all=yes'], /bad value 'yes' for --all: it takes no value/],
    [['-o', 'a', '-o', 'b'], /given more than once/],
    [['a', 'b'], /unexpected argument 'b'/],
  ];
  for (const [argv, message] of cases)
    assert.throws(
      () => parse(...argv),
      (error) => error instanceof UserError && error.exitCode === 2 && message.test(error.message),
      argv.join(' '),
    );
});
