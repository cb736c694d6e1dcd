// Every call of the catalogue, by every name that it has, against stand-in libraries: its row has the right name, each
// argument from its own place, and the pointer. The stand-ins do nothing, so that all words of a call can be chosen here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../src/capture/compile-for-test.ts';
import type { ArgumentName } from '../../src/catalogue/arguments.ts';
import type { CallSpec, Source } from '../../src/catalogue/call.ts';
import { calls } from '../../src/catalogue/calls.ts';
import { maybeNumber, number, text } from '../../src/store/row.ts';
import { freshFolder, here, record } from './recorder.ts';

/** As many argument words as the longest call has. */
const WORDS = 10;
/** Where the program keeps the memory that pointers lead to, and how its words differ from arguments. */
const BLOCK = 0x2_0000_0000;
const IN_BLOCK = 5000;

type Made = { readonly call: CallSpec; readonly name: string; readonly index: number };
const made: readonly Made[] = calls
  .flatMap((call) => [call.op, ...call.aliases].map((name) => ({ call, name })))
  .map((one, index) => ({ ...one, index }));

/** A word whose two halves differ from each other and from those of every other word. */
const wordOf = (number: number) => ({ low: 2 * number + 1, high: 2 * number + 2 });
const wholeOf = ({ low, high }: { readonly low: number; readonly high: number }) => high * 2 ** 32 + low;

const pointerSlots = ({ args, ptr }: CallSpec): ReadonlySet<number> =>
  new Set([
    ...Object.values(args).flatMap((source) => (source?.through === undefined ? [] : [source.through])),
    ...(ptr?.how === 'returned' ? [ptr.slot] : []),
  ]);

const chosen = ({ call, index }: Made, { from, part, through }: Source): number => {
  if (through === undefined && pointerSlots(call).has(from)) return BLOCK;
  const word = wordOf(through === undefined ? index * WORDS + from : IN_BLOCK + from);
  return part === 'all' ? wholeOf(word) : word[part];
};

const isArgument = (entry: readonly [string, Source | undefined]): entry is [ArgumentName, Source] =>
  entry[1] !== undefined;

const expected = (one: Made) => ({
  op: one.call.op,
  args: Object.fromEntries(
    Object.entries(one.call.args)
      .filter(isArgument)
      .map(([name, source]) => [name, chosen(one, source)]),
  ),
  ptr:
    one.call.ptr === undefined
      ? null
      : one.call.ptr.how === 'given'
        ? chosen(one, { from: one.call.ptr.slot, part: 'all' })
        : wholeOf(wordOf(IN_BLOCK)),
  perThread: /_pt(sz|ds)$/.test(one.name) ? 1 : 0,
});

const library = (kind: CallSpec['library']) =>
  made
    .filter(({ call }) => call.library === kind)
    .map(({ name }) => `int ${name}(void) { return 0; }`)
    .join('\n');

const program = `#include <sys/mman.h>
typedef int any(${Array.from({ length: WORDS }, () => 'unsigned long').join(', ')});
${made.map(({ name }) => `extern int ${name}();`).join('\n')}
int main(void) {
  unsigned long *block = mmap((void *)${BLOCK}, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (block != (void *)${BLOCK}) return 1;
  for (unsigned long i = 0; i < 64; i++) block[i] = (2 * (${IN_BLOCK} + i) + 2) << 32 | (2 * (${IN_BLOCK} + i) + 1);
${made
  .map((one) => {
    const words = Array.from({ length: WORDS }, (_, slot) => `${chosen(one, { from: slot, part: 'all' })}ul`);
    return `  ((any *)${one.name})(${words.join(', ')});`;
  })
  .join('\n')}
  return 0;
}`;

test('each call of the catalogue, by each of its names', here, async (t) => {
  const folder = freshFolder(t);
  const shared = (file: string) => ['-shared', '-fPIC', '-O1', `-Wl,-soname,${file}`];
  const libraries = [
    compile(folder, 'libcudart.so.12', library('cudart'), shared('libcudart.so.12')),
    compile(folder, 'libcuda.so.1', library('cuda'), shared('libcuda.so.1')),
  ];
  const path = compile(folder, 'program', program, ['-w', ...libraries, '-Wl,-rpath,$ORIGIN']);
  const recorded = await record(t, ['--', path]);
  assert.equal(recorded.ended.code, 0, recorded.ended.stderr);
  const rows = recorded.rows(
    'SELECT c.op, c.args, c.ptr, a.per_thread FROM calls c JOIN call r ON r.id = c.id JOIN call_args a ON a.id = r.args ORDER BY c.start_ns',
  );
  const seen = rows.map((row) => {
    const { ptr: _, ...args }: Record<string, unknown> = JSON.parse(text(row, 'args'));
    return { op: text(row, 'op'), args, ptr: maybeNumber(row, 'ptr'), perThread: number(row, 'per_thread') };
  });
  assert.deepEqual(
    seen.map(({ op }) => op),
    made.map(({ call }) => call.op),
  );
  for (const one of made) assert.deepEqual(seen[one.index], expected(one), one.name);
  assert.deepEqual(recorded.rows('SELECT reason, count FROM losses'), []);
});
