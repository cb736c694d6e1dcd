// The structs that the compiled kernel side uses are those that the catalogue describes and the reader decodes.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { architectures, objects } from '../../scripts/bpf-objects.ts';
import { buildBpf, compilerText } from '../../scripts/build-bpf.ts';
import { type BtfStruct, readBtf } from '../../scripts/read-btf.ts';
import { messageOf } from '../../src/base/errors.ts';
import { PLAN_BYTES } from '../../src/catalogue/derive/call-plan.ts';
import { layoutOf } from '../../src/catalogue/derive/layout.ts';
import { events, KEPT_WORDS } from '../../src/catalogue/events.ts';
import { kernelStructs, type StructSpec } from '../../src/catalogue/kernel-structs.ts';
import { root } from './source-files.ts';

const described = (struct: StructSpec): BtfStruct => {
  const { size, at } = layoutOf(struct.fields);
  const members = struct.fields.map(({ name }) => {
    const { offset, size: bytes } = at(name);
    return [name, { offset, size: bytes }] as const;
  });
  return { size, members: new Map(members) };
};

/** encodePlan writes this struct; see src/catalogue/derive/call-plan.ts. */
const callPlan: BtfStruct = {
  size: PLAN_BYTES,
  members: new Map(
    [
      ['a', 0, KEPT_WORDS] as const,
      ['b', KEPT_WORDS, KEPT_WORDS] as const,
      ['memory', KEPT_WORDS * 2, 1] as const,
      ['stack', KEPT_WORDS * 2 + 1, 1] as const,
      ['pointer_slot', KEPT_WORDS * 2 + 2, 1] as const,
      ['pointer_returned', KEPT_WORDS * 2 + 3, 1] as const,
    ].map(([name, offset, size]) => [name, { offset, size }]),
  ),
};

const shared: readonly StructSpec[] = [...Object.values(events), ...Object.values(kernelStructs)];
const expected: ReadonlyMap<string, BtfStruct> = new Map([
  ...shared.map((struct) => [`wt_${struct.name}`, described(struct)] as const),
  ['wt_call_plan', callPlan] as const,
]);

/** Holds every shared struct of the objects in `folder` against the catalogue, for each architecture. */
const checkObjects = (folder: string): void => {
  for (const { name: arch } of architectures) {
    const seen = new Set<string>();
    for (const object of objects) {
      const file = `${arch}/${object}.bpf.o`;
      for (const [name, struct] of readBtf(`${folder}/${file}`, 'wt_')) {
        const wanted = expected.get(name);
        // A struct of the kernel side alone, such as the state of a thread, is its own affair.
        if (wanted === undefined) continue;
        seen.add(name);
        assert.deepEqual(struct, wanted, `${name} in ${file}: run 'npm run generate' and 'npm run bpf'`);
      }
    }
    assert.deepEqual([...expected.keys()].filter((name) => !seen.has(name)).sort(), [], `missing for ${arch}`);
  }
};

test('the committed objects have the structs of the catalogue', () => checkObjects(`${root}bpf/build`));

const compiler = ((): { readonly text: string } | { readonly missing: string } => {
  try {
    return { text: compilerText() };
  } catch (thrown) {
    return { missing: messageOf(thrown).split('\n')[0] ?? '' };
  }
})();

test('the sources compile, and give the structs of the catalogue', (t) => {
  if ('missing' in compiler) return t.skip(`no clang, llvm-strip or libbpf headers: ${compiler.missing}`);
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-bpf-'));
  try {
    buildBpf(folder);
    checkObjects(folder);
    const used = readFileSync(`${root}bpf/build/compiler.txt`, 'utf8');
    if (used !== compiler.text) {
      t.diagnostic(`bytes not compared: the committed objects are of ${used.trim().replace('\n', ', ')}`);
      return;
    }
    for (const { name: arch } of architectures)
      for (const object of objects) {
        const file = `${arch}/${object}.bpf.o`;
        const same = readFileSync(`${folder}/${file}`).equals(readFileSync(`${root}bpf/build/${file}`));
        assert.ok(same, `bpf/build/${file} is not what the sources give: run 'npm run bpf'`);
      }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
