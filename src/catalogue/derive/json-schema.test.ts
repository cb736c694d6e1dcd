import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { scene } from '../../../test/scene.ts';
import { events } from '../events.ts';
import { tables, views } from '../schema.ts';
import { recordingSchema } from './json-schema.ts';

type Property = { type: string | string[]; description: string };
type Definition = { properties: Record<string, Property>; required: string[] };
/** The schema as a reader of the file sees it. */
const { $defs }: { $defs: Record<string, Definition> } = JSON.parse(JSON.stringify(recordingSchema()));

const jsonTypeOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (value instanceof Uint8Array || typeof value === 'string') return 'string';
  return Number.isInteger(value) ? 'integer' : typeof value;
};

test('every table, view and event has its definition, and every property a description with the unit', () => {
  const names = [
    ...[...views, ...tables].map(({ name }) => `row_${name}`),
    ...Object.keys(events).map((name) => `event_${name}`),
  ];
  assert.deepEqual(Object.keys($defs).sort(), names.sort());
  for (const { properties, required } of Object.values($defs)) {
    assert.deepEqual(Object.keys(properties), required);
    for (const { description } of Object.values(properties)) assert.match(description, /^\S.+ \[.+\]$/s);
  }
});

test('the rows of a recording are as the schema says', () => {
  const made = scene({}, 'sealed');
  try {
    const thread = { pid: 10, tid: 11, comm: 'python3' };
    made.process(10, 'python3');
    made.call(thread, 'cudaLaunchKernel', 1_000, 5_000, { args: { grid_x: 4, stream: 7 }, stack: ['main'] });
    made.call(thread, 'cudaMalloc', 7_000, 900, { args: { bytes: 64 }, ptr: 0x7000, ret: 2 });
    made.wait(thread, 2_000, 1_000, { syscall: 'futex', waker: thread, runnable: 200 });
    made.slice(thread, 0, 2_000, 1_500);
    made.oneOfEach(thread);
    made.writer.library({ path: '/x', kind: 'cudart', attached_ns: 1, probes: 2, missing: 0, single_step: 1 });
    made.writer.loss('call_too_deep', 0, 9, 3);
    const database = new DatabaseSync(made.done(), { readOnly: true });
    for (const { name } of [...tables, ...views]) {
      const rows = database.prepare(`SELECT * FROM ${name}`).all();
      assert.ok(rows.length > 0, `${name} is empty, so nothing of it is checked`);
      const properties: Record<string, Property> = $defs[`row_${name}`]?.properties ?? {};
      for (const row of rows) {
        assert.deepEqual(Object.keys(row), Object.keys(properties), name);
        for (const [column, value] of Object.entries(row)) {
          const allowed = [properties[column]?.type ?? []].flat();
          const types = jsonTypeOf(value) === 'integer' ? ['integer', 'number'] : [jsonTypeOf(value)];
          assert.ok(
            types.some((type) => allowed.includes(type)),
            `${name}.${column} is ${value}, not ${allowed}`,
          );
        }
      }
    }
    database.close();
  } finally {
    made.remove();
  }
});
