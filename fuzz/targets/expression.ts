// The language of subscriptions: whatever is asked for is understood or refused in words, and what is understood becomes a
// program that the kernel could check.
import fc from 'fast-check';
import { divide } from '../../src/capture/live/conditions.ts';
import { parseExpression } from '../../src/capture/live/expression.ts';
import { parseFormat } from '../../src/capture/live/format.ts';
import { holds, refusing, type Target } from '../target.ts';

const FORMAT = `name: sched_process_exec
ID: 310
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;
\tfield:pid_t pid;\toffset:12;\tsize:4;\tsigned:1;
\tfield:char comm[16];\toffset:16;\tsize:16;\tsigned:0;
\tfield:void * skaddr;\toffset:32;\tsize:8;\tsigned:0;
\tfield:unsigned long flags;\toffset:40;\tsize:8;\tsigned:0;

print fmt: "%s", __print_flags(REC->flags, "|", { 1UL, "a" }, { 2UL, "b" })
`;

const word = fc.constantFrom(
  ...['pid', 'comm', 'filename', 'flags', 'skaddr', 'current.pid', 'current.comm', 'cpu', 'nothing', '__proto__'],
);
const operator = fc.constantFrom('==', '!=', '<', '<=', '>', '>=', '&', '~', '=', '===');
const value = fc.oneof(
  fc.constantFrom(
    '1',
    '-1',
    '0x10',
    '10ms',
    '4KiB',
    '1e9',
    '99999999999999999999',
    '"a*"',
    "'?'",
    '"\\',
    'a',
    'TCP_CLOSE',
  ),
  fc.string({ maxLength: 20 }),
);
const condition = fc.letrec<{ term: string; all: string }>((tie) => ({
  term: fc.oneof(
    { depthSize: 'small' },
    fc.tuple(word, operator, value).map((parts) => parts.join(' ')),
    tie('term').map((inner) => `not ${inner}`),
    tie('all').map((inner) => `(${inner})`),
  ),
  all: fc
    .tuple(tie('term'), fc.array(fc.tuple(fc.constantFrom('and', 'or', 'AND', ','), tie('term')), { maxLength: 3 }))
    .map(([first, more]) => [first, ...more.flat()].join(' ')),
})).all;

export const expression: Target = {
  name: 'expression',
  doc: 'the language of subscriptions',
  open: () => {
    const sched = parseFormat('sched', FORMAT);
    if (sched === undefined) throw new Error('the description of the event cannot be read');
    return {
      seeds: [
        Buffer.from("sched:sched_process_exec where comm == 'python3' and (pid > 5 or not filename ~ '*.so')"),
        Buffer.from(`sched:sched_process_exec where ${'('.repeat(40)}pid == 1${')'.repeat(40)}`),
      ],
      sound: () => {
        const read = parseExpression("sched:sched_process_exec where comm == 'python3' and pid > 5");
        holds('an expression', read.category === 'sched' && divide(sched, read.condition) !== undefined);
      },
      made: condition.map((text) => `sched:sched_process_exec where ${text}`),
      check: (input) => {
        const read = refusing(() => parseExpression(input.toString('utf8')));
        if (read !== undefined) refusing(() => divide(sched, read.condition));
      },
    };
  },
};
