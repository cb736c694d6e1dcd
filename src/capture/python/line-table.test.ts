import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { findPythons } from '../pythons-for-test.ts';
import { isSoundTable, lineAt } from './line-table.ts';

const pythons = findPythons().filter(({ version: [major, minor] }) => major === 3 && minor >= 9 && minor <= 14);

/** Compiles the sources that it is given and tells of each code object: its table, and the line of every instruction. */
const TELL = `import dis, json, sys, types
def codes(code):
  yield code
  for each in code.co_consts:
    if isinstance(each, types.CodeType): yield from codes(each)
def lines(code):
  if hasattr(code, "co_lines"): return list(code.co_lines())
  starts = list(dis.findlinestarts(code)) or [(0, code.co_firstlineno)]
  ends = [start for start, _ in starts[1:]] + [len(code.co_code)]
  return [(start, end, line) for (start, line), end in zip(starts, ends)]
for source in json.load(sys.stdin):
  for code in codes(compile(source, "s", "exec")):
    table = code.co_linetable if hasattr(code, "co_linetable") else code.co_lnotab
    print(json.dumps([table.hex(), code.co_firstlineno, len(code.co_code), lines(code)]))
`;

type Told = {
  table: Buffer;
  firstLine: number;
  bytecodeBytes: number;
  lines: (readonly [number, number, number | null])[];
};

const isLines = (value: unknown): value is Told['lines'] => Array.isArray(value);

const toldOf = (line: string): Told => {
  const [table, firstLine, bytecodeBytes, lines]: unknown[] = JSON.parse(line);
  assert.ok(isLines(lines));
  const bytes = Buffer.from(String(table), 'hex');
  return { table: bytes, firstLine: Number(firstLine), bytecodeBytes: Number(bytecodeBytes), lines };
};

/** Lines of a statement, without their indentation. */
const gap = fc.constantFrom(0, 0, 0, 1, 2, 130, 300).map((n): string[] => Array.from({ length: n }, () => ''));
const indent = (lines: readonly string[]): string[] => lines.map((line) => (line === '' ? '' : ` ${line}`));
const name = fc.constantFrom('a', 'b', 'ß', 'f');
const { block } = fc.letrec((tie) => ({
  block: fc.array(tie('statement'), { minLength: 1, maxLength: 4 }).map((all) => all.flatMap((each) => texts(each))),
  statement: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(name, gap).map(([a, empty]) => [`${a} = (1,`, ...empty, ` ${a} if a else`, ...empty, ' b[0],)']),
    fc
      .tuple(name, gap)
      .map(([a, empty]) => [...empty, `f(${a},`, '  f(b,', ...empty, '    1), *a, k=[x for x in', ...empty, ' b])']),
    fc.constant(['assert a, f"{b!r} {a:>3}"']),
    fc.constant(['x = lambda q: (q,', ' q)']),
    tie('block').map((inner) => ['if a:', ...indent(texts(inner)), 'else:', ' pass']),
    tie('block').map((inner) => ['for i in f(', ' a):', ...indent(texts(inner)), ' continue']),
    tie('block').map((inner) => ['while a: # c', '', ...indent(texts(inner)), ' break']),
    tie('block').map((inner) => [
      'try:',
      ...indent(texts(inner)),
      'except E:',
      ...indent(texts(inner)),
      'finally:',
      ' f()',
    ]),
    tie('block').map((inner) => ['with a as b, \\', '   b:', ...indent(texts(inner))]),
    fc
      .tuple(tie('block'), gap)
      .map(([inner, empty]) => [
        '@f',
        '@a.b',
        'def g(a=',
        ...empty,
        ' 1):',
        ...indent(texts(inner)),
        ' yield a',
        ' return b',
      ]),
    tie('block').map((inner) => ['async def h():', ...indent(texts(inner)), ' async with a: await b', ' return']),
    tie('block').map((inner) => ['class C(', ' a):', ...indent(texts(inner))]),
  ),
}));
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const source = fc.tuple(gap, block).map(([empty, lines]) => [...empty, ...texts(lines), ''].join('\n'));

for (const { name, command, version } of pythons)
  test(`every instruction's line, of random code compiled by ${name}`, () => {
    const [program, ...args] = command;
    const number = version[0] * 256 + version[1];
    let instructions = 0;
    fc.assert(
      fc.property(fc.array(source, { minLength: 40, maxLength: 40 }), (sources) => {
        const { stdout, stderr } = spawnSync(program, [...args, '-c', TELL], {
          input: JSON.stringify(sources),
          encoding: 'utf8',
          maxBuffer: 1 << 28,
        });
        assert.equal(stderr.includes('Error'), false, stderr);
        for (const { lines, ...code } of stdout.trim().split('\n').map(toldOf)) {
          const table = { ...code, version: number };
          assert.ok(isSoundTable(table));
          for (const [start, end, line] of lines)
            for (let place = start; place < end; place += 2, instructions++)
              assert.equal(lineAt(table, place), line, `${code.table.toString('hex')} at ${place}`);
          assert.equal(lineAt(table, code.bytecodeBytes), undefined);
        }
      }),
      { numRuns: 3, endOnFailure: true },
    );
    assert.ok(instructions > 5000, `${instructions} instructions were compared`);
  });

test('any bytes are a table or none, and nothing is thrown', () => {
  const versions = fc.constantFrom(0x309, 0x30a, 0x30b, 0x30e);
  fc.assert(
    fc.property(versions, fc.uint8Array({ maxLength: 60 }), fc.nat(400), fc.nat(400), (version, table, size, place) => {
      const line = lineAt({ version, table, firstLine: 1, bytecodeBytes: size }, place);
      assert.ok(line === undefined || line === null || Number.isInteger(line));
    }),
  );
});
